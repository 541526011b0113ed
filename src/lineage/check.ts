import type { CheckLine, RequirementName } from './result/check.ts';
import type { Link, TraceResult } from './result/trace.ts';

/** Whether a model meets what its promotion is made to depend on; what a trace found decides. */
export function checkModel(
  { model, links, warnings }: TraceResult,
  required: readonly RequirementName[],
): CheckLine {
  const requirements = required.map((name) => {
    const missing =
      links.length === 0
        ? ['no table is known that it was trained on']
        : links.flatMap((link) => rules[name](link) ?? []);
    const isMet = missing.length === 0;
    return { name, isMet, why: isMet ? met[name] : missing.join('; ') };
  });
  const { loggedModelId: _, ...named } = model;
  return {
    schemaVersion: 1,
    model: named,
    isPassed: requirements.every(({ isMet }) => isMet),
    requirements,
    warnings,
  };
}

const met: Readonly<Record<RequirementName, string>> = {
  stamp: 'asof stamped every table',
  readable: 'every table version can be read',
  validation: 'every table version passed its validation',
};

/** What is missing of one link, or undefined. */
const rules: Readonly<Record<RequirementName, (link: Link) => string | undefined>> = {
  stamp: ({ table, certainty, why }) =>
    certainty === 'stamped' ? undefined : `${table.ref} is ${certainty}: ${why}`,
  readable: ({ table, version, state, stateReason }) =>
    state === 'readable'
      ? undefined
      : `${table.ref}${version === null ? '' : `@v${version}`} is ${state}${stateReason === null ? '' : `: ${stateReason}`}`,
  validation: ({ table, version, certainty, validations = [] }) => {
    const name = `${table.ref}${version === null ? '' : `@v${version}`}`;
    if (certainty !== 'stamped') return `${name} is ${certainty}, so no validation is bound to it`;
    if (validations.length === 0) return `${name} has no validation stamped`;
    const failed = validations.filter(({ success }) => !success);
    if (failed.length === 0) return;
    return `${name} failed ${failed.map(({ suite, unsuccessful, evaluated }) => `${suite} (${unsuccessful} of ${evaluated} expectations)`).join(', ')}`;
  },
};

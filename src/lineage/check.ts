import type { CheckLine, RequirementName } from './result/check.ts';
import type { Link, TraceResult } from './result/trace.ts';
import type { VerifyCheck } from './result/verify.ts';

/**
 * Whether a model meets what its promotion is made to depend on; what a trace found decides.
 *
 * @param checks what `verifyRun` says of the model's run, for the requirement `verified`
 */
export function checkModel(
  { model, links, warnings }: TraceResult,
  required: readonly RequirementName[],
  checks: readonly VerifyCheck[] = [],
): CheckLine {
  const requirements = required.map((name) => {
    const missing =
      links.length === 0
        ? ['no table is known that it was trained on']
        : name === 'verified'
          ? unverified(checks)
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
  verified: 'every table version is what was stamped: log and files',
  validation: 'every table version passed its validation',
};

/**
 * Log and files have to be proven the same, or to have a hold that is. A ledger that has no copy of the stamp can't tell whether it was
 * edited, which alone stops nothing.
 */
function unverified(checks: readonly VerifyCheck[]): readonly string[] {
  const tables = checks.filter(({ level }) => level !== 'stamp');
  const looked =
    tables.length > 0
      ? checks.filter(({ level, outcome }) => level !== 'stamp' || outcome === 'differs')
      : checks;
  if (looked.length === 0) return ['there is no run to verify'];
  return looked
    .filter(({ outcome, isHeld }) => outcome !== 'same' && !isHeld)
    .map(({ subject, outcome, note, differences }) =>
      outcome === 'differs'
        ? `${subject}: ${differences.join(', ')}`
        : `${subject} is not proven: ${note}`,
    );
}

/** What is missing of one link, or undefined. */
const rules: Readonly<
  Record<Exclude<RequirementName, 'verified'>, (link: Link) => string | undefined>
> = {
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
    const empty = validations.filter(({ evaluated }) => evaluated === 0);
    if (failed.length === 0 && empty.length > 0) {
      return `${name} was validated by ${empty.map(({ suite }) => suite).join(', ')} without any expectation`;
    }
    if (failed.length === 0) return;
    return `${name} failed ${failed.map(({ suite, unsuccessful, evaluated }) => `${suite} (${unsuccessful} of ${evaluated} expectations)`).join(', ')}`;
  },
};

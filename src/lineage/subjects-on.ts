import { LineageError } from '../base/errors.ts';
import type { ModelRef } from '../registry/model-ref.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { RegistryPast } from '../registry/registry-past.ts';
import type { CallOptions } from './find-table.ts';
import type { TraceResult } from './result/trace.ts';
import type { Subject } from './subjects.ts';

/**
 * The model versions that stood in a stage or under an alias at a moment, and how that is known.
 *
 * @throws LineageError PAST_UNKNOWN; OPTION_INVALID for a reference that means the same at any time
 */
export async function subjectsOn(
  ref: ModelRef,
  instant: number,
  past: RegistryPast | undefined,
  { models }: { readonly models: Pick<ModelRegistry, 'version'> },
  options: CallOptions,
): Promise<{ readonly subjects: readonly Subject[]; readonly on: NonNullable<TraceResult['on']> }> {
  if (ref.kind !== 'stage' && ref.kind !== 'alias') {
    const problem = 'only a stage or an alias means something else at another time';
    throw new LineageError('OPTION_INVALID', { option: '--on', problem });
  }
  const what = ref.kind === 'stage' ? ref.stage : ref.alias;
  const moment = new Date(instant).toISOString();
  const name = `models:/${ref.name}${ref.kind === 'stage' ? `/${what}` : `@${what}`}`;
  const call = options.signal ? { signal: options.signal } : {};
  const found = await past?.holders(ref.name, { kind: ref.kind, what }, instant, call);
  if (found === undefined) {
    const problem = `nothing was seen of ${ref.name} as early as that`;
    throw new LineageError('PAST_UNKNOWN', { what: name, moment, problem });
  }
  if (found.versions.length === 0) {
    const problem = `it was empty then: ${found.why}`;
    throw new LineageError('PAST_UNKNOWN', { what: name, moment, problem });
  }
  // A model that is deleted and made again counts its versions from 1 again.
  const remade = (number: number, createdAt?: number) => {
    const since = createdAt === undefined ? 'later' : `at ${new Date(createdAt).toISOString()}`;
    const problem = `version ${number} stood there, and the one that has this number now was made ${since}`;
    return new LineageError('PAST_UNKNOWN', { what: name, moment, problem });
  };
  const subjects: Subject[] = [];
  for (const number of found.versions) {
    const version = await models.version(ref.name, number, call);
    const { runId, createdAt } = version;
    if (createdAt !== undefined && createdAt > instant) {
      // Of what it may have been, this it was not.
      if (found.known === 'between') continue;
      throw remade(number, createdAt);
    }
    subjects.push({ version, isRunAsked: false, ...(runId !== undefined && { runId }) });
  }
  const [first] = found.versions;
  if (subjects.length === 0 && first !== undefined) throw remade(first);
  return { subjects, on: { asked: moment, known: found.known, why: found.why } };
}

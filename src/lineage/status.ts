import type { ModelVersion } from '../registry/model.ts';
import type { ModelRef } from '../registry/model-ref.ts';
import type { Change } from './forecast.ts';
import type { Readability } from './readability.ts';
import { rememberingSources } from './remembering-sources.ts';
import type { StatusLine, StatusTable } from './result/status.ts';
import type { Link, ReadableState, TraceResult } from './result/trace.ts';
import { allVersions, type Subject, subjectOf, subjectsOf } from './subjects.ts';
import { examineAll, tableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { gatherRecords, judgeSubject } from './trace-subject.ts';

export interface StatusOptions extends TraceOptions {
  /** Only versions that somebody relies on; see `isProtected`. */
  readonly isProtectedOnly?: boolean;
  /** How far ahead findings look: milliseconds. Default 0, what is lost or can be any moment. */
  readonly withinMs?: number;
}

/**
 * Whether the data of model versions can still be had, and until when: the versions that references mean, or all that are registered.
 * Versions that somebody relies on come first. Each table is looked at once, however many models were trained on it.
 *
 * @throws LineageError MODEL_NOT_FOUND, … as `trace` does
 */
export async function* status(
  refs: readonly ModelRef[],
  given: TraceSources,
  options: StatusOptions,
): AsyncGenerator<StatusLine, void, void> {
  const sources = rememberingSources(given);
  const subjects = (await subjectsFor(refs, sources, options)).toSorted(inOrder);
  const states = tableStates(sources.tables, options);
  const gathered = await gatherRecords(subjects, sources, states, options);
  await examineAll(states);
  for (const records of gathered) {
    const { result, readabilities } = await judgeSubject(records, sources, states, options);
    yield statusOf(result, readabilities, options);
  }
}

/** Somebody relies on it: it is in Staging or Production, or has an alias. */
export function isProtected({ stage, aliases }: Pick<ModelVersion, 'stage' | 'aliases'>): boolean {
  return stage === 'Production' || stage === 'Staging' || aliases.length > 0;
}

async function subjectsFor(
  refs: readonly ModelRef[],
  sources: TraceSources,
  { isProtectedOnly = false, ...options }: StatusOptions,
): Promise<readonly Subject[]> {
  const asked: (readonly Subject[])[] = [];
  for (const ref of refs) asked.push(await subjectsOf(ref, sources, options));
  const found =
    refs.length === 0 ? (await allVersions(sources.models, options)).map(subjectOf) : asked.flat();
  const wanted = isProtectedOnly
    ? found.filter(({ version }) => version !== undefined && isProtected(version))
    : found;
  // Two references may mean the same.
  const keyOf = ({ version, loggedModel, runId }: Subject) =>
    version ? `${version.name}/${version.version}` : (loggedModel?.id ?? runId);
  return [...new Map(wanted.map((subject) => [keyOf(subject), subject])).values()];
}

function inOrder({ version: a }: Subject, { version: b }: Subject): number {
  if (a === undefined || b === undefined) return 0;
  return (
    rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : b.version - a.version)
  );
}

function rankOf({ stage, aliases }: ModelVersion): number {
  if (stage === 'Production') return 0;
  if (aliases.length > 0) return 1;
  if (stage === 'Staging') return 2;
  return stage === 'Archived' ? 4 : 3;
}

/** From best to worst. */
const worse: readonly ReadableState[] = [
  'readable',
  'refused',
  'unknown',
  'replaced',
  'files-lost',
  'log-lost',
];

function statusOf(
  { model, links, warnings }: TraceResult,
  readabilities: readonly Readability[],
  { now, withinMs = 0 }: StatusOptions,
): StatusLine {
  const tables = links.map((link, index) => tableOf(link, readabilities[index]));
  const untils = tables.flatMap(({ until }) => until ?? []).sort();
  const { loggedModelId: _, ...version } = model;
  const states = tables.map(({ state }) => worse.indexOf(state));
  return {
    schemaVersion: 1,
    model: version,
    state: worse[Math.max(...states)] ?? 'unknown',
    until: untils[0] ?? null,
    tables,
    findings:
      tables.length === 0
        ? ['no table is known that it was trained on']
        : tables.flatMap((table) => findingsOf(table, now + withinMs)),
    warnings,
  };
}

function tableOf(link: Link, readability: Readability | undefined): StatusTable {
  const { alias, table, version, committedAt, certainty, conflicts } = link;
  const { lost, changes = [], unforeseen } = readability ?? {};
  // What is there is perhaps not what trained the model.
  const isDoubtful = certainty === 'conflicting' && link.state !== 'replaced';
  const [first] = changes;
  return {
    alias,
    table,
    version,
    committedAt,
    certainty,
    state: isDoubtful ? 'unknown' : link.state,
    stateReason: isDoubtful ? conflicts.join('; ') : link.stateReason,
    lost: lost ? { rows: null, ofRows: null, ...lost } : null,
    changes: changes.map((change) => ({ ...change, at: iso(change) })),
    until: first === undefined ? null : iso(first),
    unforeseen: unforeseen ?? null,
    hold: link.hold,
  };
}

const iso = ({ at }: Change) => new Date(Math.max(at, 0)).toISOString();

/** What is lost, or can be until some instant, or what nobody can tell of; refused is not lost, nor is what is held. */
function findingsOf(
  { alias, state, stateReason, changes, unforeseen, hold }: StatusTable,
  until: number,
): readonly string[] {
  if (hold !== null) return [];
  if (state !== 'readable' && state !== 'refused') {
    return [`${alias}: ${state}${stateReason === null ? '' : `: ${stateReason}`}`];
  }
  const loss = changes.find(({ to, at }) => to !== 'refused' && Date.parse(at) <= until);
  const coming = loss && `${alias}: ${loss.to} by ${loss.by} from ${loss.at} on`;
  return [coming, unforeseen === null ? undefined : `${alias}: ${unforeseen}`].filter(
    (finding) => finding !== undefined,
  );
}

import { isLineageError } from '../base/errors.ts';
import type { Commit } from '../delta/table-history.ts';
import type { Run } from '../registry/run.ts';
import type { Evidence } from './evidence.ts';
import type { CallOptions, FoundTable } from './find-table.ts';
import type { Link } from './result/trace.ts';
import type { TableStates } from './table-states.ts';
import { commitsBefore, mostVersions, type VersionContents } from './version-contents.ts';

export interface Inferred {
  /** Absent when nothing points at one version. */
  readonly version?: number;
  /** 0 to 1: an order, not a probability. */
  readonly confidence: number;
  readonly why: string;
  readonly candidates: Link['candidates'];
}

const zero = { version: 0, why: 'MLflow leaves version 0 out when it records a table' };

/**
 * What a run most likely read of a table, where its records name the table and no version: the versions that were there when it started,
 * held against the rows, columns and files that it recorded. What is only likely is never called more than that.
 */
export async function inferVersion(
  run: Run | undefined,
  evidence: readonly Evidence[],
  found: FoundTable | undefined,
  { states, ...options }: CallOptions & { readonly states: Pick<TableStates, 'contents'> },
): Promise<Inferred> {
  const isLossy = evidence.some((item) => !item.isVersionless);
  const unknown = (candidates: Link['candidates'], why?: string): Inferred => ({
    confidence: 0,
    why:
      why ??
      'the table is named, its version is not; an absent version is neither 0 nor the latest',
    candidates,
  });
  if (found === undefined || run?.startedAt === undefined) return unknown(isLossy ? [zero] : []);
  let commits: readonly Commit[];
  let isWhole: boolean;
  try {
    ({ commits, isWhole } = await commitsBefore(found.table, run.startedAt, options));
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return unknown(isLossy ? [zero] : []);
  }
  const [newest] = commits;
  if (newest === undefined) {
    // Commits from before the run were cleaned up, or the table is younger than the run.
    const isYounger = (await oldestCommit(found, options)) === 0;
    return unknown(isLossy && !isYounger ? [zero] : []);
  }

  // Rows of single files are not those of a version.
  const rows = evidence.find((item) => item.rows !== undefined && item.files === undefined)?.rows;
  const columns = evidence.find((item) => item.columns !== undefined)?.columns;
  const files = evidence.flatMap((item) => item.files ?? []);
  const facts =
    rows === undefined && columns === undefined && files.length === 0
      ? []
      : await factsOf(found, commits, files.length > 0, states);
  const withColumns = facts.filter((fact) => hasColumns(fact, columns));
  // Columns that no version has were made on the way: then they tell nothing.
  const fitting = (withColumns.length > 0 ? withColumns : facts).filter((fact) =>
    files.every((file) => holdsFile(fact, file)),
  );
  const equal = rows === undefined ? [] : fitting.filter((fact) => fact.rows === rows);
  const zeroIsThere = commits.some(({ version }) => version === 0) || !isWhole;
  const scope = isWhole ? '' : `, of the ${mostVersions} newest before it`;
  const job = writtenByJob(run, newest);

  if (rows !== undefined && equal.length > 0) {
    const [only, ...others] = equal;
    const why = `the run recorded ${rows} rows, and ${listOf(equal)} ${others.length === 0 ? 'alone holds' : 'hold'} as many of the versions that were there when it started${scope}`;
    const candidates = candidatesOf(equal, newest, () => `it holds the ${rows} rows recorded`);
    if (only !== undefined && others.length === 0) {
      return { version: only.version, confidence: isWhole ? 0.8 : 0.6, why, candidates };
    }
    const latest = equal.find(({ version }) => version === newest.version);
    if (isLossy || latest === undefined) return unknown(candidates, why);
    return {
      version: latest.version,
      confidence: 0.5,
      why: `${why}; v${latest.version} was the latest of them`,
      candidates,
    };
  }
  if (files.length > 0) {
    if (fitting.length === 0) return unknown([], 'no version before the run holds the files named');
    const why = `the file named is part of ${listOf(fitting)}${fitting.length === 1 ? ' alone' : ''}, of the versions that were there when the run started${scope}`;
    const candidates = candidatesOf(fitting, newest, () => 'the file named is part of it');
    const [only, ...others] = fitting;
    if (only !== undefined && others.length === 0 && isWhole) {
      return { version: only.version, confidence: 0.7, why, candidates };
    }
    const latest = fitting.find(({ version }) => version === newest.version);
    if (latest === undefined) return unknown(candidates, why);
    const chosen = `${why}; v${newest.version} was the latest at the start`;
    return { version: newest.version, confidence: 0.4, why: chosen, candidates };
  }
  const atStart = { version: newest.version, why: 'it was the latest when the run started' };
  if (isLossy) {
    const candidates =
      newest.version === 0 ? [bothZero] : zeroIsThere ? [atStart, zero] : [atStart];
    return unknown(candidates);
  }
  const newestFits = facts.length === 0 || fitting.some((fact) => fact.version === newest.version);
  const latestRows = facts.find(({ version }) => version === newest.version)?.rows;
  if (!newestFits || (rows !== undefined && latestRows !== undefined && rows > latestRows)) {
    const problem = newestFits
      ? `the run recorded ${rows} rows, and no version that was there when it started holds as many`
      : `v${newest.version}, the latest when the run started, lacks columns that the run recorded`;
    return unknown(
      candidatesOf(fitting, newest, () => 'its columns are those recorded'),
      problem,
    );
  }
  const onlyOne = commits.length === 1 && isWhole;
  const part =
    rows !== undefined && latestRows !== undefined && rows < latestRows
      ? `; the run recorded ${rows} of its ${latestRows} rows`
      : '';
  return {
    version: newest.version,
    confidence: (onlyOne ? 0.6 : part === '' ? 0.4 : 0.3) + (job === '' ? 0 : 0.1),
    why: `${onlyOne ? 'it was the only version' : 'it was the latest'} when the run started, and nothing recorded says which was read${part}${job}`,
    candidates: [
      atStart,
      ...commits.slice(1, 5).map(({ version }) => ({
        version,
        why: 'it was there when the run started, as an older version',
      })),
    ],
  };
}

const bothZero = { version: 0, why: `${zero.why}, and it was the latest at the start` };

/** The number of the oldest commit that the log still has. */
async function oldestCommit({ table }: FoundTable, options: CallOptions): Promise<number> {
  let oldest = Number.POSITIVE_INFINITY;
  for await (const { version } of table.history.commits(options)) oldest = version;
  return oldest;
}

async function factsOf(
  { table, latest }: FoundTable,
  commits: readonly Commit[],
  withFiles: boolean,
  states: Pick<TableStates, 'contents'>,
): Promise<readonly VersionContents[]> {
  const versions = commits.map(({ version }) => version);
  const contents = await states.contents(table, versions, withFiles);
  return versions
    .flatMap((version) => contents.get(version) ?? [])
    .filter(({ tableId }) => tableId === latest.tableId);
}

function candidatesOf(
  facts: readonly VersionContents[],
  newest: Commit,
  why: (fact: VersionContents) => string,
): Link['candidates'] {
  return facts.map((fact) => ({
    version: fact.version,
    why: `${why(fact)}${fact.version === newest.version ? ', and it was the latest when the run started' : ''}`,
  }));
}

/** Whether a version has all the columns recorded; names are the same in any letter case. */
function hasColumns({ columns }: VersionContents, recorded: readonly string[] | undefined) {
  if (recorded === undefined) return true;
  const own = new Set(columns.map((name) => name.toLowerCase()));
  return recorded.every((name) => own.has(name.toLowerCase()));
}

function holdsFile({ files }: VersionContents, file: string): boolean {
  if (files.has(file)) return true;
  const decoded = (path: string) => {
    try {
      return decodeURIComponent(path);
    } catch {
      return path;
    }
  };
  return [...files].some((path) => decoded(path) === decoded(file));
}

/** Whether the job or notebook of the run wrote the version too, in words. */
function writtenByJob({ tags }: Run, { job, notebook }: Commit): string {
  const same = (recorded: unknown, tag: string | undefined) =>
    tag !== undefined && recorded !== undefined && String(recorded) === tag;
  if (same(job?.['jobId'], tags['mlflow.databricks.jobID'])) {
    return `; the job of the run, ${tags['mlflow.databricks.jobID']}, wrote it`;
  }
  if (same(notebook?.['notebookId'], tags['mlflow.databricks.notebookID'])) {
    return `; the notebook of the run, ${tags['mlflow.databricks.notebookID']}, wrote it`;
  }
  return '';
}

function listOf(facts: readonly VersionContents[]): string {
  const names = facts.map(({ version }) => `v${version}`);
  return names.length <= 6
    ? names.join(', ')
    : `${names.slice(0, 6).join(', ')} and ${names.length - 6} more`;
}

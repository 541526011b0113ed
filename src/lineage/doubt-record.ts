import type { Run } from '../registry/run.ts';
import type { Evidence } from './evidence.ts';
import type { CallOptions, FoundTable } from './find-table.ts';
import type { Link } from './result/trace.ts';
import type { TableStates } from './table-states.ts';
import { commitsBefore } from './version-contents.ts';

/** What is asked of the tables here. */
type AskedStates = Pick<TableStates, 'contents' | 'latestAt'>;

/** What speaks against a version that others recorded, though the table has it and it was there in time. */
export interface Doubt {
  /** The record can't be true, and why. */
  readonly conflicts: readonly string[];
  /** The version that fits what else the run recorded. */
  readonly likelier?: number;
  readonly candidates: Link['candidates'];
  /** The record may be true, and this is why it need not be. */
  readonly remarks: readonly string[];
  /** What bears it out, in words. */
  readonly support?: string;
}

/**
 * Holds a record against MLflow's known faults. `from_spark` notes the version that is the latest when it is called, whatever was read; a
 * dataset of a name and digest that some earlier run has keeps what that run said. The rows that were counted tell, where they were.
 */
export async function doubtRecord(
  run: Run,
  chosen: Evidence & { readonly version: number },
  evidence: readonly Evidence[],
  found: FoundTable,
  { states, ...options }: CallOptions & { readonly states: AskedStates },
): Promise<Doubt> {
  const none: Doubt = { conflicts: [], candidates: [], remarks: [] };
  if (run.startedAt === undefined) return none;
  const { table } = found;
  const latestAtStart = await states.latestAt(table, run.startedAt);
  const counted = evidence.find(
    (item) => item.rows !== undefined && (item.version ?? chosen.version) === chosen.version,
  );
  // Earlier than the latest: somebody gave the number.
  const isMaybeLatest =
    chosen.isSpark === true && chosen.version >= (latestAtStart ?? 0) && chosen.version > 0;
  const shared = await sharedDataset(chosen, found, latestAtStart, states);
  const remarks = shared === undefined ? [] : [shared];
  const { rows } = counted ?? {};
  const own = (await states.contents(table, [chosen.version])).get(chosen.version);
  if (counted === undefined || rows === undefined || own?.rows === undefined) {
    if (!isMaybeLatest) return { ...none, remarks };
    const remark = `MLflow's from_spark records the version that is the latest when it is called, not the one read; v${chosen.version} was the latest, and no row count bears it out`;
    return { ...none, remarks: [remark, ...remarks] };
  }
  if (own.rows === rows) {
    const support = `it holds the ${rows} rows that the run recorded`;
    if (!isMaybeLatest) return { ...none, remarks, support };
    const { fitting } = await versionsWith(rows, run.startedAt, found, states, options);
    const others = fitting.filter((version) => version !== chosen.version);
    if (others.length === 0) return { ...none, remarks, support };
    const remark = `MLflow's from_spark records the latest version, whatever was read, and ${list(others)} ${others.length === 1 ? 'holds' : 'hold'} ${rows} rows too`;
    const candidates = others.map((version) => ({
      version,
      why: `it holds the ${rows} rows recorded too`,
    }));
    return { conflicts: [], candidates, remarks: [remark, ...remarks], support };
  }

  const { fitting, isWhole } = await versionsWith(rows, run.startedAt, found, states, options);
  const difference = `${counted.where} counted ${rows} rows, and v${chosen.version} holds ${own.rows}`;
  const candidates = fitting.map((version) => ({
    version,
    why: `it holds the ${rows} rows recorded`,
  }));
  const [likelier] = fitting;
  const isAboutRead = isMaybeLatest || shared !== undefined;
  if (likelier !== undefined && isAboutRead) {
    const conflict =
      fitting.length === 1 && isWhole
        ? `${difference}: v${likelier} alone holds as many, so that is likelier`
        : `${difference}; ${list(fitting)} ${fitting.length === 1 ? 'holds' : 'hold'} as many, and v${likelier} is the latest of them`;
    return { conflicts: [conflict], likelier, candidates, remarks };
  }
  if (rows > own.rows) return { conflicts: [difference], candidates, remarks };
  const part = `${difference}: a filter, a split or a sample, of which MLflow records nothing${isMaybeLatest || fitting.length > 0 ? ', or another version' : ''}`;
  return { conflicts: [], candidates, remarks: [part, ...remarks] };
}

/** Versions that were there at a moment and hold so many rows, newest first. */
async function versionsWith(
  rows: number,
  instant: number,
  { table, latest }: FoundTable,
  states: AskedStates,
  options: CallOptions,
): Promise<{ readonly fitting: readonly number[]; readonly isWhole: boolean }> {
  const { commits, isWhole } = await commitsBefore(table, instant, options);
  const versions = commits.map(({ version }) => version);
  const contents = await states.contents(table, versions);
  const fitting = versions.filter((version) => {
    const held = contents.get(version);
    return held?.rows === rows && held.tableId === latest.tableId;
  });
  return { fitting, isWhole };
}

async function sharedDataset(
  { where, sharedWith, version }: Evidence & { readonly version: number },
  { table }: FoundTable,
  latestAtStart: number | undefined,
  states: AskedStates,
): Promise<string | undefined> {
  if (sharedWith === undefined || version === latestAtStart) return;
  const before = await states.latestAt(table, sharedWith.startedAt);
  if (before === latestAtStart) return;
  return `${where} was stored by run ${sharedWith.runId}, and MLflow keeps the first dataset of a name and digest, whatever later runs say; the table has changed since`;
}

function list(versions: readonly number[]): string {
  return versions.map((version) => `v${version}`).join(', ');
}

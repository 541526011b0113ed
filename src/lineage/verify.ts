import { canonicalJson } from '../base/canonical-json.ts';
import { isLineageError } from '../base/errors.ts';
import { hashFile } from '../base/hash-file.ts';
import { mapParallel } from '../base/parallel.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { digestOf } from '../delta/snapshot-summary.ts';
import { formatTableRef, parseTableName } from '../delta/table-ref.ts';
import { type FileSpan, metadataAt, spansAt } from '../delta/table-timeline.ts';
import type { DigestCache } from '../registry/digest-cache.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { JournalEntry, StampJournal } from '../registry/stamp-journal.ts';
import { type CallOptions, findTable } from './find-table.ts';
import { soundHold } from './held.ts';
import { failureReadability } from './readability.ts';
import type { VerifyCheck } from './result/verify.ts';
import type { Stamp, StampedTable } from './stamp.ts';
import { tableStates } from './table-states.ts';
import type { TraceSources } from './trace-sources.ts';
import { verifyFolder } from './verify-folder.ts';
import { checkRows } from './verify-rows.ts';
import type { Hold } from './wire-hold.ts';
import { stampIn, stampOn } from './wire-stamp.ts';

export interface VerifyOptions extends CallOptions {
  /** Hash every data file, and compare with the hashes of an earlier time. */
  readonly isDeep?: boolean;
  /** Read the rows, and compare their digest with the stamped one, or with that of an earlier time. */
  readonly withRows?: boolean;
}

type Sources = TraceSources & {
  readonly runs: Pick<RunStore, 'title'>;
  readonly journal: StampJournal;
  readonly digests: DigestCache;
};

/**
 * Whether the tables of a run are what was stamped on it: the stamp against the ledger's copy, the log against the stamp, the files
 * against the log.
 *
 * @throws LineageError STAMP_INVALID, RUN_NOT_FOUND; what reading a log throws
 */
export async function verifyRun(
  run: Run,
  sources: Sources,
  options: VerifyOptions,
): Promise<readonly VerifyCheck[]> {
  const stamp = stampOn(run);
  if (stamp === undefined) {
    const note = 'the run carries no stamp of asof, so there is nothing to compare with';
    return [
      { level: 'stamp', subject: `runs:/${run.id}`, outcome: 'unknown', note, differences: [] },
    ];
  }
  const checks = [await checkStamp(run, stamp, sources)];
  for (const table of stamp.tables) checks.push(...(await verifyClaim(table, sources, options)));
  return checks;
}

/** The stamp on a run against what the ledger kept when it was made. */
async function checkStamp(
  run: Run,
  stamp: Stamp,
  { runs, journal }: Sources,
): Promise<VerifyCheck> {
  const subject = `runs:/${run.id}`;
  const kept = (await journal.stampsOf(runs.title, run.id)).at(-1);
  if (kept === undefined) {
    const note = 'this ledger has no copy of the stamp, so nobody can tell whether it was edited';
    return { level: 'stamp', subject, outcome: 'unknown', note, differences: [] };
  }
  const original = stampIn(kept, run.id);
  const differences = [
    ...fieldsThatDiffer('the stamp', { ...original, tables: [] }, { ...stamp, tables: [] }),
    ...tableDifferences(original.tables, stamp.tables),
  ];
  const outcome = differences.length === 0 ? 'same' : 'differs';
  return {
    level: 'stamp',
    subject,
    outcome,
    note: "the run's stamp and the ledger's copy",
    differences,
  };
}

function tableDifferences(
  original: readonly StampedTable[],
  found: readonly StampedTable[],
): readonly string[] {
  const aliases = [...new Set([...original, ...found].map(({ alias }) => alias))];
  return aliases.flatMap((alias) => {
    const before = original.find((table) => table.alias === alias);
    const now = found.find((table) => table.alias === alias);
    if (before === undefined) return [`${alias} was added`];
    if (now === undefined) return [`${alias} was taken out`];
    return fieldsThatDiffer(alias, { ...before }, { ...now });
  });
}

function fieldsThatDiffer(
  what: string,
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const [old, found] = [canonicalJson(before[name]), canonicalJson(now[name])];
    return old === found ? [] : [`${what}: ${name} is ${found}, was ${old}`];
  });
}

/** A version of a table that some stamp in the ledger may tell of. */
export async function verifyVersion(
  table: DeltaTable,
  version: number,
  sources: Sources,
  options: VerifyOptions,
): Promise<readonly VerifyCheck[]> {
  const { timelines } = table;
  const timeline = await timelines?.read([version], options);
  const tableId = timeline && metadataAt(timeline, version)?.tableId;
  const stamps = stampsIn(await sources.journal.entries(['stamp']))
    .flatMap(({ tables }) => tables)
    .filter((one) => one.version === version && one.id === tableId);
  const stamped = stamps.find(({ rowDigest }) => rowDigest !== undefined) ?? stamps[0];
  return await verifyClaim(
    {
      alias: '',
      ref: table.name,
      location: table.location,
      version,
      ...(stamped && { id: stamped.id, digest: stamped.digest, rowDigest: stamped.rowDigest }),
    },
    sources,
    options,
  );
}

function stampsIn(entries: readonly JournalEntry[]): readonly Stamp[] {
  return entries.map(({ body }) => {
    const { stamp, runId } = JSON.parse(body);
    return stampIn(String(stamp), String(runId));
  });
}

type Claim = Pick<StampedTable, 'alias' | 'ref' | 'location' | 'version'> &
  Partial<Pick<StampedTable, 'id' | 'digest' | 'rowDigest'>>;

/** A table's version; where it is not what is claimed, its hold, which then stands for it. */
async function verifyClaim(
  claim: Claim,
  sources: Sources,
  options: VerifyOptions,
): Promise<readonly VerifyCheck[]> {
  const checks = await verifyTable(claim, sources, options);
  const isProven = checks.every((check) => check.outcome === 'same' || isFirstLook(check));
  if (isProven || claim.id === undefined) return checks;
  const states = tableStates(sources.tables, {
    now: 0,
    ...(options.signal && { signal: options.signal }),
  });
  const wanted = { tableId: claim.id, version: claim.version, digest: claim.digest };
  const hold = await soundHold(wanted, sources.holds ?? [], states);
  if (hold === undefined) return checks;
  const held = hold.isInWarehouse
    ? await verifyHeldTable(hold, claim.rowDigest, sources, options)
    : await verifyFolder(hold.path);
  if (held.some(({ outcome }) => outcome === 'differs')) return [...checks, ...held];
  const stood = checks.map((check): VerifyCheck => {
    if (check.outcome === 'same' || isFirstLook(check)) return check;
    const note = `${check.note}; its hold stands for it`;
    return { ...check, outcome: 'unknown', note, isHeld: true };
  });
  return [...stood, ...held];
}

/** @param stamped the row digest that the hold must have too, if one is known */
async function verifyHeldTable(
  { path, copy, rowDigest = '' }: Hold,
  stamped: string | undefined,
  sources: Sources,
  { signal }: CallOptions,
): Promise<readonly VerifyCheck[]> {
  const claim = { id: copy.tableId, version: 0, rowDigest: stamped ?? rowDigest };
  const table = sources.tables.open(parseTableName(path));
  return [await checkRows(path, table, claim, sources, signal ? { signal } : {})];
}

/** A table's version against what is claimed of it. */
async function verifyTable(
  claim: Claim,
  sources: Sources,
  options: VerifyOptions,
): Promise<readonly VerifyCheck[]> {
  const { alias, ref, location, id, version } = claim;
  const name = formatTableRef(ref, version);
  const subject = alias === '' ? name : `${alias}: ${name}`;
  const call = options.signal ? { signal: options.signal } : {};
  const log = (outcome: VerifyCheck['outcome'], note: string, differences: string[] = []) =>
    ({ level: 'log', subject, outcome, note, differences }) as const;
  const found = await findTable([ref, location], id, sources.tables, call);
  if ('failure' in found) {
    const { message } = found.failure;
    const isLogLost = failureReadability(found.failure).state === 'log-lost';
    if (!isLogLost) return [log('unknown', message)];
    return [log('differs', 'the log can not be read as it was', [message])];
  }
  const { table } = found;
  const rows = async () =>
    options.withRows ? [await checkRows(subject, table, claim, sources, call)] : [];
  if (table.timelines === undefined) {
    return [log('unknown', 'its engine does not show its log and files'), ...(await rows())];
  }
  const timeline = await table.timelines.read([version], call);
  const metadata = metadataAt(timeline, version) ?? metadataAt(timeline, timeline.latestVersion);
  if (metadata === undefined) throw new TypeError('every table has metadata');
  if (id !== undefined && metadata.tableId !== id) {
    const difference = `the table there has id ${metadata.tableId}, stamped was ${id}: it was dropped and made again, or another lies there`;
    return [log('differs', 'the table id', [difference])];
  }
  const failure = timeline.failures.get(version);
  if (failure !== undefined) {
    return [log('differs', 'the version can not be rebuilt', [failure.message])];
  }
  const spans = spansAt(timeline, version);
  const digest = digestOf(
    { ...metadata, schema: metadata.schema() },
    spans.map(({ line }) => line),
  );
  const since = [
    ...(table.location === location
      ? []
      : [`the table lies at ${table.location} now, not at ${location}`]),
    ...timeline.restores.flatMap(({ version: by, to }) =>
      by > version ? [`v${by} set the table back${to === undefined ? '' : ` to ${to}`}`] : [],
    ),
  ]
    .map((change) => `; ${change}`)
    .join('');
  const logCheck =
    claim.digest === undefined
      ? log('unknown', `no stamp of this version is known to this ledger${since}`)
      : claim.digest === digest
        ? log('same', `table id and snapshot digest${since}`)
        : log('differs', `table id and snapshot digest${since}`, [
            `snapshot digest ${digest}, stamped was ${claim.digest}: the log was rewritten`,
          ]);
  const checks: VerifyCheck[] = [logCheck, await checkFiles(subject, table, version, spans, call)];
  if (options.isDeep) {
    checks.push(await checkContent(subject, metadata.tableId, spans, sources.journal, call));
  }
  return [...checks, ...(await rows())];
}

/** Every data file and deletion vector is there with its size, and every vector is sound. */
async function checkFiles(
  subject: string,
  table: DeltaTable,
  version: number,
  spans: readonly FileSpan[],
  options: CallOptions,
): Promise<VerifyCheck> {
  const differences: string[] = [];
  const places = spans.flatMap(({ location, vector }) => [location, vector?.location]);
  const stored = await table.timelines?.stored(places.filter(isPlace), options);
  for (const { file, location, vector } of spans) {
    const size = location === undefined ? undefined : stored?.get(location)?.sizeBytes;
    if (location === undefined)
      differences.push(`${file.path} is where no file of this table may be`);
    else if (size === undefined) differences.push(`${file.path} is gone`);
    else if (size !== file.sizeBytes) {
      differences.push(`${file.path} has ${size} bytes, the log says ${file.sizeBytes}`);
    }
    if (vector !== undefined && stored?.get(vector.location) === undefined) {
      differences.push(`${vector.location}, the deletion vector of ${file.path}, is gone`);
    }
  }
  const snapshot = await table.snapshots.at(version, options);
  const vectors = spans.filter(
    ({ file, vector }) =>
      file.deletionVector && (vector === undefined || stored?.has(vector.location)),
  );
  await mapParallel(
    vectors,
    8,
    async ({ file }) => {
      try {
        if (file.deletionVector) await snapshot.deletedRows(file.deletionVector, options);
      } catch (error) {
        if (!isLineageError(error)) throw error;
        differences.push(`the deletion vector of ${file.path}: ${error.message}`);
      }
    },
    options,
  );
  const outcome = differences.length === 0 ? 'same' : 'differs';
  const note = `${spans.length} data files by size, ${vectors.length} deletion vectors by checksum`;
  return { level: 'files', subject, outcome, note, differences: differences.sort() };
}

/** Nothing of an earlier time was there to compare with, which is no fault of the data. */
function isFirstLook({ level, outcome }: VerifyCheck): boolean {
  return outcome === 'unknown' && (level === 'content' || level === 'rows');
}

const contentKind = 'content';

/** Every data file by its SHA-256, against the one that was noted when it was first looked at. */
async function checkContent(
  subject: string,
  tableId: string,
  spans: readonly FileSpan[],
  journal: StampJournal,
  options: CallOptions,
): Promise<VerifyCheck> {
  const known = new Map<string, string>();
  for (const { body } of await journal.entries([contentKind])) {
    const noted = JSON.parse(body);
    if (noted.tableId !== tableId) continue;
    for (const [path, hash] of Object.entries(noted.sha256)) {
      if (!known.has(path)) known.set(path, String(hash));
    }
  }
  const differences: string[] = [];
  const fresh: Record<string, string> = {};
  let compared = 0;
  const paths = new Map(spans.map(({ file, location }) => [file.path, location]));
  await mapParallel(
    [...paths],
    2,
    async ([path, location]) => {
      const hash = location === undefined ? undefined : await hashOf(location, options);
      if (hash === undefined) return;
      const before = known.get(path);
      if (before === undefined) fresh[path] = hash;
      else compared += 1;
      if (before !== undefined && before !== hash) {
        differences.push(
          `${path} has other content than before: SHA-256 ${hash} instead of ${before}`,
        );
      }
    },
    options,
  );
  const count = Object.keys(fresh).length;
  if (count > 0) await journal.append(contentKind, { tableId, sha256: fresh });
  const first =
    count === 0 ? '' : `; ${count} looked at for the first time and noted in the ledger`;
  return {
    level: 'content',
    subject,
    outcome: differences.length > 0 ? 'differs' : compared > 0 ? 'same' : 'unknown',
    note: `${compared} data files by SHA-256 against an earlier look${first}`,
    differences: differences.sort(),
  };
}

/** Undefined for a file that is gone: that is told elsewhere. */
async function hashOf(location: string, { signal }: CallOptions): Promise<string | undefined> {
  try {
    return (await hashFile(location, signal)).sha256;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
}

const isPlace = (location: string | undefined): location is string => location !== undefined;

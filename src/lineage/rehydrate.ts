import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LineageError } from '../base/errors.ts';
import { newDirectory } from '../base/new-directory.ts';
import { tableAround } from '../base/table-around.ts';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import type { ReadSpec, Selection } from '../delta/read-spec.ts';
import { summarizeFacts } from '../delta/snapshot-summary.ts';
import type { TableVersion } from '../delta/table-history.ts';
import type { OutputFormat, ReadProgress } from '../delta/table-reader.ts';
import { formatTableRef, type Moment, parseTableName } from '../delta/table-ref.ts';
import type { VersionFacts } from '../delta/version-facts.ts';
import { findTable } from './find-table.ts';
import { soundHold } from './held.ts';
import { checkOurs, describeFile, manifestName, sealed } from './manifest.ts';
import type { Manifest } from './result/manifest.ts';
import type { Warning } from './result/parts.ts';
import type { RehydrateResult } from './result/rehydrate.ts';
import type { Link, TraceResult } from './result/trace.ts';
import { tableStates } from './table-states.ts';
import type { TraceSources } from './trace-sources.ts';
import type { Hold } from './wire-hold.ts';

/** One table version whose rows are wanted. */
export interface Wanted {
  readonly alias: string;
  readonly table: DeltaTable;
  readonly version: number;
  readonly read?: ReadSpec;
  /** As stamped: what is found must be this table, and these files. */
  readonly tableId?: string;
  readonly digest?: string;
  /** The model or run that was asked for. */
  readonly of?: string;
  /** Why the version is likely, where no record names it. */
  readonly inferred?: string;
  /** It is a hold that stands in for a version that is lost. */
  readonly hold?: { readonly of: string; readonly state: string };
}

export interface RehydrateOptions {
  readonly out: string;
  /** `delta`: a Delta table of the whole version, without reading a row. */
  readonly format?: OutputFormat | 'delta';
  readonly memoryLimit?: number | undefined;
  readonly tempDirectory?: string | undefined;
  /** With `delta`: folders of other copies of the table, to link from; see `CopyOptions`. */
  readonly siblings?: readonly string[];
  /** Replaces what asof wrote into that folder before; never anything else. */
  readonly isForced?: boolean;
  /** The version of asof, for the manifest. */
  readonly asof: string;
  readonly now: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (alias: string, progress: ReadProgress) => void;
}

/**
 * Writes the rows of table versions into a new folder, with a manifest beside each: one table's straight into it, several tables' into
 * a folder each. The folder appears whole or not at all.
 *
 * @throws LineageError TABLE_REPLACED, DIGEST_DIFFERS when a version is not what was stamped; OUTPUT_NOT_EMPTY, OUTPUT_NOT_OURS,
 *   OUTPUT_UNUSABLE, also in the folder of a Delta table; what `TableReader.write` throws
 */
export async function rehydrate(
  wanted: readonly Wanted[],
  options: RehydrateOptions,
): Promise<RehydrateResult> {
  const path = resolve(options.out);
  const folderOf = (root: string, alias: string) =>
    wanted.length === 1 ? root : join(root, alias);
  const around = tableAround(path);
  if (around !== undefined) {
    const problem = `it lies in the folder of the Delta table ${around.table}, whose VACUUM would delete it`;
    throw new LineageError('OUTPUT_UNUSABLE', { path, problem });
  }
  const manifests = await newDirectory(path, {
    allowReplacing: options.isForced ? checkOurs : undefined,
    fill: async (staging) => {
      const written: Manifest[] = [];
      // One after the other: each already uses the whole machine.
      for (const one of wanted) {
        const folder = folderOf(staging, one.alias);
        await mkdir(folder, { recursive: true });
        const manifest = await writeTable(one, folder, staging, options);
        const beside = wanted.filter((other) => other !== one).map(({ alias }) => alias);
        written.push(await writeManifest(folder, manifest, beside));
      }
      return written;
    },
  });
  return {
    schemaVersion: 1,
    path,
    tables: wanted.flatMap(({ alias }, index) => {
      const manifest = manifests[index];
      return manifest === undefined ? [] : [{ alias, path: folderOf(path, alias), manifest }];
    }),
    warnings: wanted.flatMap((one, index) => [
      ...inferenceWarnings(one),
      ...holdWarnings(one),
      ...(manifests[index]?.digest === null ? uncheckedDigest(one) : []),
      ...(options.format === 'delta' ? partWarnings(one) : []),
    ]),
  };
}

function inferenceWarnings({ table, version, inferred }: Wanted): readonly Warning[] {
  if (inferred === undefined) return [];
  const message = `${table.name}: no record names v${version}; it is inferred: ${inferred}.`;
  return [{ code: 'VERSION_INFERRED', message }];
}

function holdWarnings({ alias, table, hold }: Wanted): readonly Warning[] {
  if (hold === undefined) return [];
  const message = `${alias}: ${hold.of} itself is ${hold.state}; this is its hold at ${table.location}.`;
  return [{ code: 'HOLD_USED', message }];
}

/** A Delta table is the whole version, though less of it was read. */
function partWarnings({ alias, read }: Wanted): readonly Warning[] {
  const { columns, where } = read ?? {};
  if (columns === undefined && where === undefined) return [];
  const part = [columns && `columns ${columns.join(', ')}`, where && `where ${where}`];
  const message = `${alias} is the whole version; the training read of it ${part.filter(Boolean).join('; ')}.`;
  return [{ code: 'WHOLE_VERSION', message }];
}

/** Where a warehouse alone knows a table that was stamped with a snapshot digest. */
export function uncheckedDigest({ table, version, digest }: Wanted): readonly Warning[] {
  if (digest === undefined) return [];
  const message = `${table.name} v${version} came through a warehouse, which does not tell its files: the table id is the stamped one, and the snapshot digest could not be compared.`;
  return [{ code: 'DIGEST_UNCHECKED', message }];
}

type Unsealed = Omit<Manifest, 'seal' | 'beside'>;

async function writeManifest(folder: string, unsealed: Unsealed, beside: readonly string[]) {
  const manifest = sealed({ ...unsealed, ...(beside.length > 0 && { beside: [...beside] }) });
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

async function writeTable(
  wanted: Wanted,
  folder: string,
  staging: string,
  options: RehydrateOptions,
): Promise<Unsealed> {
  const { alias, table, version, read } = wanted;
  const call = options.signal && { signal: options.signal };
  const resolved = await table.history.resolve({ kind: 'version', version }, call);
  const facts = await table.facts.at(version, call);
  const digest = await checkedDigest(wanted, facts, call);
  const format = options.format ?? 'parquet';
  if (format === 'delta') return await copyTable(wanted, resolved, folder, options);
  const { onProgress } = options;
  const { rows, files } = await table.reader.write(facts, folder, {
    format,
    selection: selectionOf(read),
    ...(options.memoryLimit !== undefined && { memoryLimit: options.memoryLimit }),
    // Spilled next to the output: what is left by a kill is removed with it.
    tempDirectory: options.tempDirectory ?? staging,
    ...(onProgress && { onProgress: (progress) => onProgress(alias, progress) }),
    ...call,
  });
  const described = await Promise.all(files.map((name) => describeFile(folder, name)));
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: facts.tableId, location: facts.location ?? table.location },
    version,
    committedAt:
      resolved.committedAt === undefined ? null : new Date(resolved.committedAt).toISOString(),
    operation: resolved.operation ?? null,
    digest: digest ?? null,
    of: wanted.of ?? null,
    read: read ?? null,
    format,
    rows,
    bytes: described.reduce((sum, { bytes }) => sum + bytes, 0),
    files: described,
    writtenAt: new Date(options.now()).toISOString(),
    asof: options.asof,
  };
}

/** A Delta table of the version; what is read of it is for its reader to select. */
async function copyTable(
  wanted: Wanted,
  { committedAt, operation }: TableVersion,
  folder: string,
  options: RehydrateOptions,
): Promise<Unsealed> {
  const { table, version, read, of } = wanted;
  const { copier } = table;
  if (copier === undefined) {
    throw new LineageError('COPY_UNSUPPORTED', {
      table: table.name,
      problem: 'its engine does not reach the files',
      instead:
        "Rehydrate the rows, without '--as delta', or have the warehouse copy the table, with '--into'.",
    });
  }
  const copy = await copier.copy(version, folder, {
    now: options.now(),
    engine: `asof/${options.asof}`,
    ...(options.siblings && { siblings: options.siblings }),
    ...(options.signal && { signal: options.signal }),
  });
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: copy.source.tableId, location: table.location },
    version,
    committedAt: committedAt === undefined ? null : new Date(committedAt).toISOString(),
    operation: operation ?? null,
    digest: copy.source.digest,
    of: of ?? null,
    read: read ?? null,
    format: 'delta',
    rows: copy.rows ?? null,
    bytes: copy.bytes,
    files: [
      await describeFile(folder, copy.logFile),
      ...copy.placed.map((file) => ({ ...file, sha256: null })),
    ],
    copy: { tableId: copy.tableId, digest: copy.digest },
    writtenAt: new Date(options.now()).toISOString(),
    asof: options.asof,
  };
}

/** Behind a warehouse there is no digest to compare; the table's id and version are what is known of it. */
export async function checkedDigest(
  { table, version, tableId, digest: stamped }: Wanted,
  facts: VersionFacts,
  options: { readonly signal: AbortSignal } | undefined,
): Promise<string | undefined> {
  if (tableId !== undefined && tableId !== facts.tableId) {
    const details = { ref: table.name, stamped: tableId, found: facts.tableId };
    throw new LineageError('TABLE_REPLACED', details);
  }
  const { digest } = await summarizeFacts(facts, options);
  if (stamped !== undefined && digest !== undefined && stamped !== digest) {
    throw new LineageError('DIGEST_DIFFERS', {
      table: table.name,
      version,
      stamped,
      found: digest,
    });
  }
  return digest;
}

function selectionOf(read: ReadSpec | undefined): Selection {
  const { columns, where } = read ?? {};
  return { ...(columns !== undefined && { columns }), ...(where !== undefined && { where }) };
}

/**
 * A table version that the user names; its hold, if it is lost and was held.
 *
 * @throws LineageError as `TableHistory.resolve` does
 */
export async function wantedTable(
  alias: string,
  table: DeltaTable,
  moment: Moment,
  read: ReadSpec | undefined,
  options: {
    readonly signal?: AbortSignal;
    readonly now?: number;
    readonly sources?: Pick<TraceSources, 'tables' | 'holds'>;
  },
): Promise<Wanted> {
  const { sources, now = 0, ...call } = options;
  const chosen = read && { read };
  const held = (sources?.holds ?? []).filter(
    (hold) => moment.kind === 'version' && isHoldOf(hold, table, moment.version),
  );
  if (sources !== undefined && moment.kind === 'version' && held.length > 0) {
    const { version } = moment;
    const states = tableStates(sources.tables, { now, ...call });
    states.expect([table.location], version);
    const found = await states.find([table.location], undefined, version);
    const original = 'failure' in found ? undefined : await states.version(found.table, version);
    const state = original?.readability?.state ?? 'unknown';
    const tableId = 'failure' in found ? held.at(-1)?.table.id : found.latest.tableId;
    const isLost = state !== 'readable' && state !== 'refused';
    // A hold of the version as it was before its log was rewritten is other data.
    const hold = await soundHold({ tableId, version, digest: original?.digest }, held, states);
    if (isLost && hold !== undefined) {
      const of = formatTableRef(table.name, version);
      const copy = sources.tables.open(parseTableName(hold.path));
      return { alias, table: copy, version: 0, hold: { of, state }, ...chosen };
    }
  }
  const { version } = await table.history.resolve(moment, call);
  return { alias, table, version, ...chosen };
}

function isHoldOf(hold: Hold, { name, location }: DeltaTable, version: number): boolean {
  const isHere = hold.table.location === location || hold.table.ref === name;
  return isHere && hold.version === version;
}

/**
 * The table versions that trained a model. Only what is surely known is taken.
 *
 * @param ref the model or run as the user named it
 * @param read instead of what was stamped: each part of it that is given
 * @param only aliases; all when empty
 * @throws LineageError STAMP_MISSING, LINK_UNCERTAIN, TABLE_ALIAS_UNKNOWN, TABLE_REPLACED, TABLE_NAME_UNKNOWN, …
 */
export async function wantedOf(
  ref: string,
  { links }: TraceResult,
  tables: DeltaTables,
  options: {
    readonly read?: ReadSpec | undefined;
    readonly only?: readonly string[];
    /** Takes versions that are inferred too: the user has seen them and wants them. */
    readonly acceptInferred?: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<readonly Wanted[]> {
  if (links.length === 0) throw new LineageError('STAMP_MISSING', { ref });
  const { only = [], read, acceptInferred = false, signal } = options;
  const call = signal ? { signal } : {};
  const aliases = links.map(({ alias }) => alias);
  for (const alias of only) {
    if (!aliases.includes(alias)) {
      throw new LineageError('TABLE_ALIAS_UNKNOWN', { ref, alias, aliases });
    }
  }
  const chosen = links.filter(({ alias }) => only.length === 0 || only.includes(alias));
  return await Promise.all(
    chosen.map((link) => wantedLink(ref, link, tables, { read, acceptInferred }, call)),
  );
}

async function wantedLink(
  ref: string,
  link: Link,
  tables: DeltaTables,
  choice: { readonly read: ReadSpec | undefined; readonly acceptInferred: boolean },
  options: { readonly signal?: AbortSignal },
): Promise<Wanted> {
  const { alias, table, version, certainty, why, hold } = link;
  const isSure =
    certainty === 'stamped' ||
    certainty === 'recorded' ||
    (certainty === 'inferred' && choice.acceptInferred);
  if (version === null || !isSure) {
    throw new LineageError('LINK_UNCERTAIN', { ref, table: table.ref, certainty, why });
  }
  // Other columns are asked for of the rows that were trained on, and other rows in the columns.
  const isRead = choice.read !== undefined || link.read !== null;
  const chosenRead = isRead ? { ...link.read, ...choice.read } : undefined;
  const isLost = link.state !== 'readable' && link.state !== 'refused';
  if (hold !== null && isLost) {
    const held = {
      alias,
      table: tables.open(parseTableName(hold)),
      version: 0,
      of: ref,
      hold: { of: formatTableRef(table.ref, version), state: link.state },
    };
    return { ...held, ...(chosenRead && { read: chosenRead }) };
  }
  const places = [table.ref, ...(table.location === null ? [] : [table.location])];
  const id = certainty === 'stamped' && table.id !== null ? table.id : undefined;
  const found = await findTable(places, id, tables, options);
  if ('failure' in found) throw found.failure;
  return {
    alias,
    table: found.table,
    version,
    of: ref,
    ...(certainty === 'inferred' && { inferred: why }),
    ...(chosenRead && { read: chosenRead }),
    ...(id !== undefined && { tableId: id }),
    ...(link.digest !== null && { digest: link.digest }),
  };
}

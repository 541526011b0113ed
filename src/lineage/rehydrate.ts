import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LineageError } from '../base/errors.ts';
import { newDirectory } from '../base/new-directory.ts';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import type { ReadSpec, Selection } from '../delta/read-spec.ts';
import { summarizeFacts } from '../delta/snapshot-summary.ts';
import type { OutputFormat, ReadProgress } from '../delta/table-reader.ts';
import type { Moment } from '../delta/table-ref.ts';
import type { VersionFacts } from '../delta/version-facts.ts';
import { findTable } from './find-table.ts';
import { checkOurs, describeFile, manifestName } from './manifest.ts';
import type { Manifest } from './result/manifest.ts';
import type { Warning } from './result/parts.ts';
import type { RehydrateResult } from './result/rehydrate.ts';
import type { Link, TraceResult } from './result/trace.ts';

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
}

export interface RehydrateOptions {
  readonly out: string;
  readonly format?: OutputFormat;
  readonly memoryLimit?: number | undefined;
  readonly tempDirectory?: string | undefined;
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
 * @throws LineageError TABLE_REPLACED, DIGEST_DIFFERS when a version is not what was stamped; OUTPUT_NOT_EMPTY, OUTPUT_NOT_OURS;
 *   what `TableReader.write` throws
 */
export async function rehydrate(
  wanted: readonly Wanted[],
  options: RehydrateOptions,
): Promise<RehydrateResult> {
  const path = resolve(options.out);
  const folderOf = (root: string, alias: string) =>
    wanted.length === 1 ? root : join(root, alias);
  const manifests = await newDirectory(path, {
    allowReplacing: options.isForced ? checkOurs : undefined,
    fill: async (staging) => {
      const written: Manifest[] = [];
      // One after the other: each already uses the whole machine.
      for (const one of wanted) {
        const folder = folderOf(staging, one.alias);
        await mkdir(folder, { recursive: true });
        written.push(await writeTable(one, folder, staging, options));
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
    warnings: wanted.flatMap((one, index) =>
      manifests[index]?.digest === null ? uncheckedDigest(one) : [],
    ),
  };
}

/** Where a warehouse alone knows a table that was stamped with a snapshot digest. */
export function uncheckedDigest({ table, version, digest }: Wanted): readonly Warning[] {
  if (digest === undefined) return [];
  const message = `${table.name} v${version} came through a warehouse, which does not tell its files: the table id is the stamped one, and the snapshot digest could not be compared.`;
  return [{ code: 'DIGEST_UNCHECKED', message }];
}

async function writeTable(
  wanted: Wanted,
  folder: string,
  staging: string,
  options: RehydrateOptions,
): Promise<Manifest> {
  const { alias, table, version, read } = wanted;
  const call = options.signal && { signal: options.signal };
  const resolved = await table.history.resolve({ kind: 'version', version }, call);
  const facts = await table.facts.at(version, call);
  const digest = await checkedDigest(wanted, facts, call);
  const format = options.format ?? 'parquet';
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
  const manifest: Manifest = {
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
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
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

/** A table version that the user names. */
export async function wantedTable(
  alias: string,
  table: DeltaTable,
  moment: Moment,
  read: ReadSpec | undefined,
  options: { readonly signal?: AbortSignal },
): Promise<Wanted> {
  const { version } = await table.history.resolve(moment, options);
  return { alias, table, version, ...(read && { read }) };
}

/**
 * The table versions that trained a model. Only what is surely known is taken.
 *
 * @param ref the model or run as the user named it
 * @param read instead of what was stamped
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
    readonly signal?: AbortSignal;
  },
): Promise<readonly Wanted[]> {
  if (links.length === 0) throw new LineageError('STAMP_MISSING', { ref });
  const { only = [], read, ...call } = options;
  const aliases = links.map(({ alias }) => alias);
  for (const alias of only) {
    if (!aliases.includes(alias)) {
      throw new LineageError('TABLE_ALIAS_UNKNOWN', { ref, alias, aliases });
    }
  }
  const chosen = links.filter(({ alias }) => only.length === 0 || only.includes(alias));
  return await Promise.all(chosen.map((link) => wantedLink(ref, link, tables, read, call)));
}

async function wantedLink(
  ref: string,
  link: Link,
  tables: DeltaTables,
  read: ReadSpec | undefined,
  options: { readonly signal?: AbortSignal },
): Promise<Wanted> {
  const { alias, table, version, certainty, why } = link;
  const isSure = certainty === 'stamped' || certainty === 'recorded';
  if (version === null || !isSure) {
    throw new LineageError('LINK_UNCERTAIN', { ref, table: table.ref, certainty, why });
  }
  const places = [table.ref, ...(table.location === null ? [] : [table.location])];
  const id = certainty === 'stamped' && table.id !== null ? table.id : undefined;
  const found = await findTable(places, id, tables, options);
  if ('failure' in found) throw found.failure;
  const chosenRead = read ?? link.read ?? undefined;
  return {
    alias,
    table: found.table,
    version,
    of: ref,
    ...(chosenRead && { read: chosenRead }),
    ...(id !== undefined && { tableId: id }),
    ...(link.digest !== null && { digest: link.digest }),
  };
}

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openSnapshot } from 'deltalake-js';
import { LineageError } from '../../base/errors.ts';
import { mapParallel } from '../../base/parallel.ts';
import type { DeletionVector } from '../snapshot.ts';
import { summarize } from '../snapshot-summary.ts';
import type { CopyOptions, TableCopier, TableCopy } from '../table-copier.ts';
import { withFailures } from './failures.ts';
import { guardedStore } from './guarded-store.ts';
import { localTableStore } from './local-table-store.ts';
import { holdsClone, logSnapshots, snapshotOf } from './log-snapshots.ts';
import type { TableStore } from './table-store.ts';
import { encodedUuid, vectorFile } from './vector-file.ts';

/** How many files are linked or copied at once. */
const filesAtOnce = 16;

const logFile = '_delta_log/00000000000000000000.json';

/** Copies of versions of a table in a folder of this machine. */
export function localCopier(store: TableStore, table: string): TableCopier {
  return {
    copy: (version, directory, options) =>
      withFailures(store, table, () => copyVersion(store, table, version, directory, options)),
  };
}

interface Placed {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes?: number;
}

async function copyVersion(
  store: TableStore,
  table: string,
  version: number,
  directory: string,
  options: CopyOptions,
): Promise<TableCopy> {
  const { signal, now, engine, siblings = [] } = options;
  const call = signal ? { signal } : {};
  const guard = guardedStore(store, table, () => holdsClone(store, table, version));
  const opened = await openSnapshot(guard.store, { version, ...call });
  const source = await summarize(snapshotOf(opened, store, table, guard), call);
  const tableId = randomUUID();

  await mkdir(join(directory, '_delta_log'));
  const log = await open(join(directory, logFile), 'wx');
  const placed = new Map<string, Placed>();
  try {
    for (const action of headActions(opened, { store, version, now, engine, tableId })) {
      await log.write(`${JSON.stringify(action)}\n`);
    }
    for await (const batch of opened.files(call)) {
      const lines: string[] = [];
      for (const file of batch) {
        const location = await guard.locate(file.path);
        const path = pathInCopy(store, location, file.path, placed.size);
        placed.set(path.plain, { from: location, to: path.plain, sizeBytes: file.sizeBytes });
        const vector = file.deletionVector && (await placeVector(file.deletionVector));
        lines.push(JSON.stringify({ add: addOf(file, path.encoded, vector) }));
      }
      if (lines.length > 0) await log.write(`${lines.join('\n')}\n`);
    }
    // Where commits have no times of their own, those of the files are theirs. Half a millisecond more: the fraction is cut off.
    await log.utimes((now + 0.5) / 1000, (now + 0.5) / 1000);
  } finally {
    await log.close();
  }

  async function placeVector(vector: DeletionVector): Promise<DeletionVector> {
    const file = vectorFile(vector);
    if (file === undefined) return vector;
    const from = await guard.locate(encoded(file.path));
    if (vector.storageType === 'u') {
      placed.set(file.path, { from, to: file.path });
      return vector;
    }
    const [, uuid = randomUUID()] = /deletion_vector_([0-9a-f-]{36})\.bin$/.exec(from) ?? [];
    const to = `deletion_vector_${uuid}.bin`;
    placed.set(to, { from, to });
    return { ...vector, storageType: 'u', pathOrInlineDv: encodedUuid(uuid) };
  }

  await checkThere(table, version, [...placed.values()]);
  const own = await mapParallel(
    [...placed.values()],
    filesAtOnce,
    (file) => place(file, directory, siblings),
    call,
  );
  const copied = logSnapshots(localTableStore(directory), table);
  const { digest, files, bytes, rows } = await summarize(await copied.at(0, call), call);
  // One commit has each file once.
  if (files < source.files) {
    const problem = 'it has some files twice.';
    throw new LineageError('LOG_DAMAGED', { table, file: '_delta_log', problem });
  }
  if (files !== source.files || bytes !== source.bytes) {
    throw new TypeError('the copy has other files than the version');
  }
  return {
    tableId,
    digest,
    source: { tableId: opened.tableId, digest: source.digest },
    files,
    bytes,
    ...(rows !== undefined && { rows }),
    ownBytes: own.reduce((sum, { ownBytes }) => sum + ownBytes, 0),
    logFile,
    placed: own.map(({ name, bytes: size }) => ({ name, bytes: size })),
  };
}

/** What comes before the files: the table as it was at the version, under an id of its own. */
function headActions(
  opened: Awaited<ReturnType<typeof openSnapshot>>,
  {
    store,
    version,
    now,
    engine,
    tableId,
  }: { store: TableStore; version: number; now: number; engine: string; tableId: string },
): readonly object[] {
  const { protocol, properties, schemaString, partitionColumns, name, description } = opened;
  const { minReaderVersion, minWriterVersion } = protocol;
  // Who commits to such a table is its catalog alone, and the copy has none.
  const isKept = (feature: string) => !feature.startsWith('catalog');
  const hasOwnTimes = properties['delta.enableInCommitTimestamps'] === 'true';
  const configuration = Object.fromEntries(
    Object.entries(properties).filter(
      ([key]) => !key.startsWith('delta.inCommitTimestampEnablement'),
    ),
  );
  return [
    {
      commitInfo: {
        ...(hasOwnTimes && { inCommitTimestamp: now }),
        timestamp: now,
        operation: 'CLONE',
        operationParameters: {
          source: store.root,
          sourceVersion: String(version),
          isShallow: 'false',
        },
        isolationLevel: 'Serializable',
        isBlindAppend: false,
        engineInfo: engine,
      },
    },
    {
      protocol: {
        minReaderVersion,
        minWriterVersion,
        ...(minReaderVersion >= 3 && { readerFeatures: protocol.readerFeatures.filter(isKept) }),
        ...(minWriterVersion >= 7 && { writerFeatures: protocol.writerFeatures.filter(isKept) }),
      },
    },
    {
      metaData: {
        id: tableId,
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        format: { provider: 'parquet', options: {} },
        schemaString,
        partitionColumns,
        configuration,
        createdTime: now,
      },
    },
  ];
}

type OpenedFile = Awaited<ReturnType<typeof openSnapshot>>['files'] extends (
  ...args: never[]
) => AsyncIterable<readonly (infer F)[]>
  ? F
  : never;

function addOf(file: OpenedFile, path: string, deletionVector: DeletionVector | undefined) {
  const {
    partitionValues,
    sizeBytes,
    modifiedAt,
    stats,
    baseRowId,
    defaultRowCommitVersion,
    tags,
  } = file;
  return {
    path,
    partitionValues,
    size: sizeBytes,
    modificationTime: modifiedAt,
    dataChange: true,
    ...(stats !== undefined && { stats }),
    ...(tags !== undefined && { tags }),
    ...(deletionVector && { deletionVector }),
    ...(baseRowId !== undefined && { baseRowId }),
    ...(defaultRowCommitVersion !== undefined && { defaultRowCommitVersion }),
  };
}

/** Files keep their place in the folder; those of another table (a shallow clone's) get one at the top. */
function pathInCopy(store: TableStore, location: string, path: string, count: number) {
  if (store.locate(location)?.isInside) {
    const plain = location.slice(store.root.length + 1).replaceAll('\\', '/');
    const isAsWritten = !/^([a-z][a-z0-9+.-]*:|\/)/i.test(path);
    return { plain, encoded: isAsWritten ? path : encodeURI(plain) };
  }
  const plain = `cloned-${count}-${basename(location)}`;
  return { plain, encoded: encoded(encodeURI(plain)) };
}

/** As the log writes a plain path whose only special character may be a percent sign. */
function encoded(path: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : path.replaceAll('%', '%25');
}

/** @throws LineageError FILES_MISSING, FILE_CHANGED */
async function checkThere(table: string, version: number, files: readonly Placed[]): Promise<void> {
  const sizes = await mapParallel(files, 64, async ({ from }) => {
    try {
      return (await stat(from)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
  });
  const missing = files.filter((_, index) => sizes[index] === undefined);
  const [first] = missing;
  if (first !== undefined) {
    throw new LineageError('FILES_MISSING', {
      table,
      version,
      missing: missing.length,
      of: files.length,
      example: first.to,
    });
  }
  for (const [index, { to, sizeBytes }] of files.entries()) {
    const bytes = sizes[index] ?? 0;
    if (sizeBytes !== undefined && bytes !== sizeBytes) {
      throw new LineageError('FILE_CHANGED', { table, file: to, bytes, expected: sizeBytes });
    }
  }
}

/**
 * Links a file, from the original or from another copy, or copies it.
 *
 * @returns its size, and what it takes by itself
 */
async function place(
  { from, to }: Placed,
  directory: string,
  siblings: readonly string[],
): Promise<{ readonly name: string; readonly bytes: number; readonly ownBytes: number }> {
  const target = join(directory, ...to.split('/'));
  await mkdir(dirname(target), { recursive: true });
  const { size, atime, mtime } = await stat(from);
  for (const origin of [from, ...siblings.map((folder) => join(folder, ...to.split('/')))]) {
    try {
      if (origin !== from && (await stat(origin)).size !== size) continue;
      await link(origin, target);
      return { name: to, bytes: size, ownBytes: 0 };
    } catch (error) {
      if (!canNotLink.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  await copyFile(from, target, constants.COPYFILE_FICLONE);
  await utimes(target, atime, mtime);
  return { name: to, bytes: size, ownBytes: size };
}

/** Another file system, one without links, too many of them, somebody else's file; or the copy beside does not have it. */
const canNotLink: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EACCES',
  'ENOENT',
  'ENOTDIR',
]);

import { checkInline } from './check-inline.ts';
import type { DataFile, DeletionVector } from './data-file.ts';
import type { Description } from './description.ts';
import { DeltaLogError } from './errors.ts';
import { logFolder } from './log-file.ts';
import type { PlainTable } from './plain/replay.ts';
import { type Reader, readFiles } from './read-files.ts';
import { decodeBatch } from './wasm/batch.ts';
import { type Answer, Instance } from './wasm/instance.ts';
import { instantiate, wasmModule } from './wasm-module.ts';

/** Files in a batch, at most: as many as the module gives. */
const batchFiles = 4096;

/** A table at one version. */
export interface TableSnapshot {
  readonly version: number;
  /** The table's identity: a table made anew under the same name has another. */
  readonly tableId: string;
  readonly name?: string;
  readonly description?: string;
  /** Epoch milliseconds, UTC. */
  readonly createdAt?: number;
  readonly protocol: TableProtocol;
  /** The schema's JSON exactly as in the log. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  /** Sorted by name. */
  readonly properties: Readonly<Record<string, string>>;
  /**
   * The files of this version, in batches and in no promised order. Each loop reads anew; leaving
   * it stops the reading.
   *
   * @throws DeltaLogError LOG_DAMAGED, CHECKPOINT_DAMAGED, FILE_MISSING, FEATURE_UNSUPPORTED
   */
  files(options?: FilesOptions): AsyncIterable<readonly DataFile[]>;
  /**
   * The rows that a deletion vector of this table deletes: their indexes in the data file,
   * ascending, as many as the vector's cardinality.
   *
   * @throws DeltaLogError DELETION_VECTOR_DAMAGED, FILE_MISSING
   */
  deletedRows(
    vector: DeletionVector,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Float64Array>;
}

export interface TableProtocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Empty where the reader version has no list of features. */
  readonly readerFeatures: readonly string[];
  /** Empty where the writer version has no list of features. */
  readonly writerFeatures: readonly string[];
}

export interface FilesOptions {
  /** Whether to give each file's statistics, where there are some: true unless said otherwise. */
  readonly stats?: boolean;
  readonly signal?: AbortSignal;
}

/** The table in an instance that has all files of its log segment. */
export function snapshotIn(instance: Instance, store: Reader['store']): TableSnapshot {
  return {
    ...described(parse<Description>(instance.open())),
    files: (options) => files(instance, store, options),
    deletedRows: (vector, options) => deletedRows(instance, store, vector, options),
  };
}

/** A table whose log was replayed without an instance; deletion vectors are read by one. */
export function plainSnapshot(
  { files, ...description }: PlainTable,
  store: Reader['store'],
): TableSnapshot {
  let instance: Instance | undefined;
  return {
    ...described(description),
    files: (options) => inBatches(files, options),
    async deletedRows(vector, options) {
      const module = await wasmModule();
      instance ??= new Instance(instantiate(module));
      return deletedRows(instance, store, vector, options);
    },
  };
}

function described({ version, protocol, metadata }: Description) {
  const { name, description, createdTime } = metadata;
  return {
    version,
    tableId: metadata.id,
    ...(typeof name === 'string' && { name }),
    ...(typeof description === 'string' && { description }),
    ...(typeof createdTime === 'number' && { createdAt: createdTime }),
    protocol: {
      minReaderVersion: protocol.minReaderVersion,
      minWriterVersion: protocol.minWriterVersion,
      readerFeatures: protocol.readerFeatures ?? [],
      writerFeatures: protocol.writerFeatures ?? [],
    },
    schemaString: metadata.schemaString,
    partitionColumns: metadata.partitionColumns,
    properties: sorted(metadata.configuration),
  };
}

function sorted(properties: Readonly<Record<string, string>>) {
  const entries = Object.entries(properties);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function deletedRows(
  instance: Instance,
  store: Reader['store'],
  vector: DeletionVector,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Float64Array> {
  checkInline(vector);
  const ask = () => instance.deletedRows(vector);
  const decode = (bytes: Uint8Array) => new Float64Array(bytes.slice().buffer);
  const reader = { store, ...(signal && { signal }) };
  return (await answered(instance, ask, decode, reader)) ?? new Float64Array();
}

async function* inBatches(
  all: readonly DataFile[],
  { stats = true, signal }: FilesOptions = {},
): AsyncGenerator<readonly DataFile[], void, void> {
  signal?.throwIfAborted();
  for (let start = 0; start < all.length; start += batchFiles) {
    const batch = all.slice(start, start + batchFiles);
    yield stats ? batch : batch.map(({ stats: _, ...file }) => file);
    signal?.throwIfAborted();
  }
}

async function* files(
  instance: Instance,
  store: Reader['store'],
  { stats = true, signal }: FilesOptions = {},
): AsyncGenerator<readonly DataFile[], void, void> {
  const reader = { store, ...(signal && { signal }) };
  signal?.throwIfAborted();
  const opened = await answered(instance, () => instance.openFiles(stats), decodeJson, reader);
  if (typeof opened !== 'number') throw new TypeError('The module opened no list of files.');
  try {
    for (;;) {
      signal?.throwIfAborted();
      const batch = await answered(instance, () => instance.nextFiles(opened), decodeBatch, reader);
      if (batch === undefined) return;
      for (const { path, sizeBytes } of batch) {
        if (sizeBytes >= 0) continue;
        throw new DeltaLogError('LOG_DAMAGED', {
          path: logFolder,
          problem: `it says that ${path} has ${sizeBytes} bytes`,
        });
      }
      yield batch;
    }
  } finally {
    instance.closeFiles(opened);
  }
}

/**
 * Asks until the instance has all the bytes that it needs for an answer; undefined for none. The answer is decoded at once: another
 * call on the instance may come before whoever waits here goes on, and takes its memory.
 */
async function answered<T>(
  instance: Instance,
  ask: () => Answer,
  decode: (bytes: Uint8Array) => T,
  reader: Reader,
): Promise<T | undefined> {
  for (;;) {
    const answer = ask();
    if (answer.type === 'nothing') return undefined;
    if (answer.type === 'ready') return decode(answer.bytes);
    instance.put(await readFiles(answer.wanted, reader));
  }
}

/** JSON of our own module, built from the same commit. */
function parse<T>(answer: Answer): T {
  if (answer.type !== 'ready') throw new TypeError(`The module answered ${answer.type}.`);
  return decodeJson(answer.bytes) as T;
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

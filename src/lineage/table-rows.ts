import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { addSums, type RowDigest, type RowSums, rowDigest } from '../delta/row-digest.ts';
import type { DataFile, Snapshot } from '../delta/snapshot.ts';
import { isSnapshot, type VersionFacts } from '../delta/version-facts.ts';
import type { DigestCache } from '../registry/digest-cache.ts';
import type { CallOptions } from './find-table.ts';

export interface DigestedRows extends RowDigest {
  /** Files that were read; absent where the engine has none. */
  readonly filesRead?: number;
  readonly files?: number;
}

/** What is read and kept at once, so that what is stopped half-way goes on from there. */
const bytesAtOnce = 4 * 2 ** 30;

/**
 * The row digest of all of a version. What the rows of a file amount to is remembered, by the file, its size and time, its deletion vector,
 * its partition values and the schema: of a later version only files that are new are read.
 *
 * @throws LineageError as `TableReader.digest` does
 */
export async function digestRows(
  { reader, timelines }: Pick<DeltaTable, 'reader' | 'timelines'>,
  facts: VersionFacts,
  cache: DigestCache,
  options: CallOptions,
): Promise<DigestedRows> {
  const fileSums = reader.fileSums?.bind(reader);
  if (!isSnapshot(facts) || fileSums === undefined || timelines === undefined) {
    return await reader.digest(facts, options);
  }
  const files: DataFile[] = [];
  for await (const batch of facts.files(options)) files.push(...batch);
  const stored = await timelines.stored(
    files.map(({ location }) => location),
    options,
  );
  const keyOf = keysOf(facts);
  const keyed = files.map((file) => ({ file, key: keyOf(file, stored.get(file.location)) }));
  const known = await cache.find(keyed.flatMap(({ key }) => key ?? []));
  const sums = new Map([...known].map(([key, text]) => [key, sumsIn(text)]));
  const unread = keyed.filter(({ key }) => key === undefined || !sums.has(key));
  const parts = keyed.flatMap(({ key }) => (key === undefined ? [] : (sums.get(key) ?? [])));
  for (const some of portions(unread)) {
    const found = await fileSums(
      facts,
      some.map(({ file }) => file),
      options,
    );
    parts.push(...found);
    const fresh = some.flatMap(({ key }, index): readonly [string, string][] => {
      const sum = found[index];
      return key === undefined || sum === undefined ? [] : [[key, textOf(sum)]];
    });
    await cache.keep(new Map(fresh));
  }
  return {
    ...rowDigest(facts.schema, addSums(parts)),
    filesRead: unread.length,
    files: files.length,
  };
}

/** Undefined for a file that is not there: reading says so. */
function keysOf({ tableId, schema, partitionColumns, properties }: Snapshot) {
  const mapping = properties['delta.columnMapping.mode'] ?? 'none';
  const how = hashOf(['rows-v1', tableId, schema, partitionColumns, mapping]);
  return (
    { path, partitionValues, deletionVector }: DataFile,
    there: { readonly sizeBytes: number; readonly modifiedAt: number } | undefined,
  ): string | undefined =>
    there &&
    hashOf([how, path, there.sizeBytes, there.modifiedAt, partitionValues, deletionVector ?? null]);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function* portions<T extends { readonly file: DataFile }>(
  files: readonly T[],
): Generator<readonly T[]> {
  let portion: T[] = [];
  let bytes = 0;
  for (const one of files) {
    portion.push(one);
    bytes += one.file.sizeBytes;
    if (bytes < bytesAtOnce) continue;
    yield portion;
    [portion, bytes] = [[], 0];
  }
  if (portion.length > 0) yield portion;
}

const textOf = ({ count, high, low }: RowSums) => `${count} ${high} ${low}`;

function sumsIn(text: string): RowSums {
  const [count = '', high = '', low = ''] = text.split(' ');
  return { count, high, low };
}

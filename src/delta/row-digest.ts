import { createHash } from 'node:crypto';
import { formatType, type StructType } from './schema.ts';

/** What the rows of a version amount to. */
export interface RowDigest {
  /**
   * `rows-v1:` and a SHA-256 over the number of rows, the sums of the two halves of every row's hash, and the names and types of the
   * columns. Equal for equal multisets of rows; order, files and engines don't matter.
   */
  readonly digest: string;
  readonly rows: number;
}

/** The sums that the SQL of `canonicalSums` gives, as decimal text. Those of a table are those of its files, added up. */
export interface RowSums {
  readonly count: string;
  readonly high: string;
  readonly low: string;
}

export function addSums(parts: readonly RowSums[]): RowSums {
  const total = (key: keyof RowSums) =>
    String(parts.reduce((sum, part) => sum + BigInt(part[key]), 0n));
  return { count: total('count'), high: total('high'), low: total('low') };
}

export function rowDigest(schema: StructType, { count, high, low }: RowSums): RowDigest {
  const columns = schema.fields.map(({ name, type }) => [name, formatType(type)]);
  const schemaHash = createHash('sha256').update(JSON.stringify(columns)).digest('hex');
  const hash = createHash('sha256').update(`rows-v1\n${count}\n${high}\n${low}\n${schemaHash}\n`);
  return { digest: `rows-v1:${hash.digest('hex')}`, rows: Number(count) };
}

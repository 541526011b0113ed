import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  connectTables,
  isLineageError,
  parseTableName,
  type Snapshot,
  type TableReader,
} from '../../src/index.ts';
import { disputed } from './disputed.ts';
import type { ConformanceCase, ExpectedMetadata } from './find-cases.ts';
import { parquetRows } from './parquet-rows.ts';

/** What came of a case. */
export type Verdict =
  /** The rows are those that the case brings. */
  | { readonly kind: 'pass'; readonly rows: number }
  /** Read, but there is nothing to compare with. */
  | { readonly kind: 'unchecked'; readonly rows: number }
  /** By an error of the catalogue. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** The case's own rows are not what the protocol says. */
  | { readonly kind: 'disputed'; readonly reason: string }
  /** Other rows, other metadata, or a failure that is none of the catalogue. */
  | { readonly kind: 'wrong'; readonly problem: string };

/** Reads a table as `asof rehydrate` does, and compares what was written with the case's rows. */
export async function judgeCase(asked: ConformanceCase, scratch: string): Promise<Verdict> {
  const verdict = await compareCase(asked, scratch);
  const reason = disputed[asked.name.split('/').at(-1) ?? ''];
  return verdict.kind === 'wrong' && reason !== undefined ? { kind: 'disputed', reason } : verdict;
}

async function compareCase(asked: ConformanceCase, scratch: string): Promise<Verdict> {
  const out = await mkdtemp(join(scratch, 'rows-'));
  try {
    const { history, snapshots, reader } = connectTables({ tables: {} }, { cwd: '/' }).open(
      parseTableName(asked.table),
    );
    const { version } = await history.resolve(
      asked.version === undefined
        ? { kind: 'latest' }
        : { kind: 'version', version: asked.version },
    );
    const snapshot = await snapshots.at(version);
    const problem = metadataProblem(snapshot, asked.metadata);
    if (problem !== undefined) return { kind: 'wrong', problem };
    return await compareRows(snapshot, reader, asked.expected, out);
  } catch (error) {
    if (isLineageError(error)) return { kind: 'refused', code: error.code, reason: error.message };
    return { kind: 'wrong', problem: `stopped by ${error instanceof Error ? error.stack : error}` };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function metadataProblem(
  { version, protocol, properties }: Snapshot,
  expected: ExpectedMetadata | undefined,
): string | undefined {
  if (expected === undefined) return;
  const found: ExpectedMetadata = {
    version,
    properties,
    min_reader_version: protocol.minReaderVersion,
    min_writer_version: protocol.minWriterVersion,
  };
  const [a, b] = [found, expected].map(sortedJson);
  return a === b ? undefined : `its metadata is ${a}, not ${b}`;
}

function sortedJson({ properties, ...others }: ExpectedMetadata): string {
  const sorted = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    others.version,
    others.min_reader_version,
    others.min_writer_version,
    sorted,
  ]);
}

async function compareRows(
  snapshot: Snapshot,
  reader: TableReader,
  expected: readonly string[] | undefined,
  out: string,
): Promise<Verdict> {
  const { rows, files } = await reader.write(snapshot, out);
  if (expected === undefined) return { kind: 'unchecked', rows };
  const paths = files.map((file) => join(out, file));
  const found = await parquetRows(paths, snapshot.schema);
  const wanted = await parquetRows(expected, snapshot.schema);
  const problem =
    difference('column', found.columns, wanted.columns) ??
    difference('row', found.lines, wanted.lines);
  return problem === undefined ? { kind: 'pass', rows } : { kind: 'wrong', problem };
}

/** The first place where two lists differ; both are sorted, or their order matters. */
function difference(
  what: string,
  found: readonly string[],
  wanted: readonly string[],
): string | undefined {
  const length = Math.max(found.length, wanted.length);
  for (let index = 0; index < length; index++) {
    if (found[index] === wanted[index]) continue;
    const counts = `${found.length} ${what}s, expected ${wanted.length}`;
    return `${counts}; the first that differs is ${found[index]}, expected ${wanted[index]}`;
  }
  return;
}

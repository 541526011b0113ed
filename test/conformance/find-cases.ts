import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackInto } from './unpack-into.ts';

/** A table of somebody else's, at one version, and what they say is in it. */
export interface ConformanceCase {
  /** Its place below the folder that was searched, and the version where there are several. */
  readonly name: string;
  /** The table's folder. */
  readonly table: string;
  /** Undefined: the latest. */
  readonly version: number | undefined;
  /** Parquet files with the rows; undefined where the table brings none. */
  readonly expected: readonly string[] | undefined;
  /** What the version's metadata says; undefined where the table brings none. */
  readonly metadata: ExpectedMetadata | undefined;
}

/** DAT's `table_version_metadata.json`. */
export interface ExpectedMetadata {
  readonly version: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly min_reader_version: number;
  readonly min_writer_version: number;
}

/**
 * The cases below a folder, by name. Layouts:
 *
 *     NAME/delta/                                        delta-incubator/dat: also other versions than the latest
 *     NAME/expected/{latest,v0,v1,…}/table_content/*.parquet
 *     NAME/expected/{latest,v0,v1,…}/table_version_metadata.json
 *
 *     NAME/delta/, NAME/expected/*.parquet               delta-kernel-rs, golden_data
 *     NAME/_delta_log/                                   any other table: no rows to compare with
 *
 * Each of them also inside a `.tar.zst`.
 *
 * @param scratch a folder to unpack archives into
 */
export async function findCases(folder: string, scratch: string): Promise<ConformanceCase[]> {
  const cases = await casesIn(folder, '', scratch);
  return cases.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function casesIn(folder: string, name: string, scratch: string): Promise<ConformanceCase[]> {
  if (existsSync(join(folder, '_delta_log'))) return [bareTable(folder, name)];
  const cases: ConformanceCase[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.name === 'delta' && entry.isDirectory())) {
    return await layoutWithDelta(folder, name, scratch);
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith('.tar.zst')) {
      const unpacked = join(scratch, name, entry.name);
      await unpackInto(unpacked, path);
      cases.push(...(await casesIn(unpacked, name, scratch)));
    } else if (entry.isDirectory() && !entry.name.startsWith('.')) {
      cases.push(...(await casesIn(path, join(name, entry.name), scratch)));
    }
  }
  return cases;
}

async function layoutWithDelta(
  folder: string,
  name: string,
  scratch: string,
): Promise<ConformanceCase[]> {
  const table = join(folder, 'delta');
  const expected = join(folder, 'expected');
  if (!existsSync(expected)) {
    const inside = existsSync(join(table, '_delta_log')) ? [] : await casesIn(table, name, scratch);
    return inside.length > 0 ? inside : [bareTable(table, name)];
  }
  const entries = await readdir(expected, { withFileTypes: true });
  const versions = entries.filter(
    (entry) => entry.isDirectory() && /^(latest|v\d+)$/.test(entry.name),
  );
  if (versions.length === 0) {
    return [{ ...bareTable(table, name), expected: await parquetFiles(expected) }];
  }
  return await Promise.all(
    versions.map(async (entry): Promise<ConformanceCase> => {
      const version = entry.name === 'latest' ? undefined : Number(entry.name.slice(1));
      const metadata = join(expected, entry.name, 'table_version_metadata.json');
      return {
        name: version === undefined ? name : `${name}@v${version}`,
        table,
        version,
        expected: await parquetFiles(join(expected, entry.name, 'table_content')),
        metadata: existsSync(metadata) ? JSON.parse(await readFile(metadata, 'utf8')) : undefined,
      };
    }),
  );
}

function bareTable(table: string, name: string): ConformanceCase {
  return { name, table, version: undefined, expected: undefined, metadata: undefined };
}

async function parquetFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const parquet = names.filter((name) => /(^|\/)[^._][^/]*\.parquet$/.test(name)).sort();
  return parquet.map((name) => join(folder, name));
}

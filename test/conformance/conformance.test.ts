import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { connectTables, parseTableName, type Snapshot } from '../../src/index.ts';
import { copyTable, temporaryFolder } from '../support/tables.ts';
import { findCases } from './find-cases.ts';
import { judgeCase, type Verdict } from './judge-case.ts';
import { summaryOf, verdictText } from './report.ts';

// A folder with every layout, made of our own tables.
const verdicts = new Map<string, Verdict>();

beforeAll(async () => {
  const folder = await temporaryFolder();
  const scratch = await temporaryFolder();
  const at = (name: string) => join(folder, name);
  await dat(at('dat/same'), (metadata) => metadata);
  await dat(at('dat/metadata'), (metadata) => ({ ...metadata, min_writer_version: 1 }));
  await golden(at('golden/same'), '*');
  await golden(at('golden/value'), '* REPLACE (upper(v) AS v)');
  await golden(at('golden/type'), '* REPLACE (id::INTEGER AS id)');
  await golden(at('golden/name'), '* RENAME (v AS w)');
  await golden(at('disputes/iceberg_compat_v1'), '*');
  await golden(at('disputes/data-reader-partition-values'), '* REPLACE (upper(v) AS v)');
  await golden(at('archives/packed'), '*');
  await pack(at('archives'), 'packed');
  await copyTable('vacuumed', at('bare/vacuumed'));
  await copyTable('vacuumed', at('bare/layout/delta'));
  await mkdir(at('bare/nothing/delta'), { recursive: true });
  for (const asked of await findCases(folder, scratch)) {
    verdicts.set(asked.name, await judgeCase(asked, scratch));
  }
});

describe('the layout of delta-incubator/dat', () => {
  test.each(['dat/same', 'dat/same@v0', 'dat/same@v2'])('is compared at %s', (name) => {
    expect(verdicts.get(name)).toMatchObject({ kind: 'pass' });
  });

  test('is wrong where the metadata differ', () => {
    const problem = expect.stringContaining('metadata');
    expect(verdicts.get('dat/metadata')).toEqual({ kind: 'wrong', problem });
  });
});

describe('the layout of delta-kernel-rs', () => {
  test.each(['golden/same', 'archives/packed'])('passes with the same rows in %s', (name) => {
    expect(verdicts.get(name)).toEqual({ kind: 'pass', rows: 796 });
  });

  test.each([
    ['golden/value', '"V'],
    ['golden/type', 'id INTEGER'],
    ['golden/name', 'w VARCHAR'],
  ])('is wrong with another %s', (name, words) => {
    expect(verdicts.get(name)).toEqual({ kind: 'wrong', problem: expect.stringContaining(words) });
  });
});

test('a case whose rows are disputed passes with the same rows, and is not wrong with others', () => {
  expect(verdicts.get('disputes/iceberg_compat_v1')).toEqual({ kind: 'pass', rows: 796 });
  expect(verdicts.get('disputes/data-reader-partition-values')).toMatchObject({
    kind: 'disputed',
    reason: expect.stringContaining('Los Angeles'),
  });
});

describe('a table that brings no rows', () => {
  test.each(['bare/vacuumed', 'bare/layout'])('is read, and not checked, in %s', (name) => {
    expect(verdicts.get(name)).toMatchObject({ kind: 'unchecked' });
  });

  test('is refused by name', () => {
    expect(verdicts.get('bare/nothing')).toMatchObject({
      kind: 'refused',
      code: 'TABLE_NOT_DELTA',
    });
  });
});

test('every case is found once, and counted', () => {
  expect([...verdicts.keys()].sort()).toEqual([
    'archives/packed',
    'bare/layout',
    'bare/nothing',
    'bare/vacuumed',
    'dat/metadata',
    'dat/metadata@v0',
    'dat/metadata@v2',
    'dat/same',
    'dat/same@v0',
    'dat/same@v2',
    'disputes/data-reader-partition-values',
    'disputes/iceberg_compat_v1',
    'golden/name',
    'golden/same',
    'golden/type',
    'golden/value',
  ]);
  expect(summaryOf([...verdicts.values()])).toBe(
    '16 cases: 6 pass, 1 refused, 6 wrong, 2 unchecked, 1 disputed',
  );
  expect(verdictText('golden/same', { kind: 'pass', rows: 796 })).toBe(
    'pass       golden/same  796 rows',
  );
});

interface Metadata {
  readonly version: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly min_reader_version: number;
  readonly min_writer_version: number;
}

async function dat(folder: string, change: (metadata: Metadata) => Metadata): Promise<void> {
  const table = await copyTable('customer_features', join(folder, 'delta'));
  await writeFile(join(folder, 'test_case_info.json'), '{"name":"n","description":"d"}');
  for (const [name, version] of [
    ['v0', 0],
    ['v2', 2],
    ['latest', 7],
  ] as const) {
    const content = join(folder, 'expected', name, 'table_content');
    await mkdir(content, { recursive: true });
    const { protocol, properties } = await write(table, version, content);
    const metadata = change({
      version,
      properties,
      min_reader_version: protocol.minReaderVersion,
      min_writer_version: protocol.minWriterVersion,
    });
    await writeFile(
      join(folder, 'expected', name, 'table_version_metadata.json'),
      JSON.stringify(metadata),
    );
    // As Spark leaves it beside the rows.
    await writeFile(join(content, '_SUCCESS'), '');
  }
}

/** @param select what of the table's own rows are its expected rows */
async function golden(folder: string, select: string): Promise<void> {
  const table = await copyTable('deletion_vectors', join(folder, 'delta'));
  const expected = join(folder, 'expected');
  await mkdir(expected);
  await write(table, 8, expected);
  const [name = ''] = await readdir(expected);
  const source = join(expected, name);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  // In another order, and in two files.
  for (const rest of [0, 1]) {
    await connection.run(
      `COPY (SELECT ${select} FROM '${source}' WHERE id % 2 = ${rest} ORDER BY id DESC)
       TO '${join(expected, `${rest}.parquet`)}'`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  await rm(source);
}

async function write(table: string, version: number, folder: string): Promise<Snapshot> {
  const tables = connectTables({ tables: {} }, { cwd: '/' });
  const { snapshots, reader } = tables.open(parseTableName(table));
  const snapshot = await snapshots.at(version);
  await reader.write(snapshot, folder);
  return snapshot;
}

/** Puts a folder into a `.tar.zst` of uncompressed blocks. */
async function pack(above: string, name: string): Promise<void> {
  const tar = execFileSync('tar', ['-c', '-C', above, name], { maxBuffer: 2 ** 30 });
  const size = Buffer.alloc(4);
  size.writeUInt32LE(tar.length);
  // One segment with its size in four bytes. Source: RFC 8878, "Zstandard Frames".
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size];
  for (let start = 0; start < tar.length; start += 65_536) {
    const block = tar.subarray(start, start + 65_536);
    const isLast = start + 65_536 >= tar.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(header, Buffer.from(block));
  }
  await writeFile(join(above, `${name}.tar.zst`), Buffer.concat(parts));
  await rm(join(above, name), { recursive: true });
}

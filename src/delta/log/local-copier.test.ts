import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalRows } from '../../../test/support/canonical-rows.ts';
import {
  copyTable,
  sparkRows,
  tableCase,
  tableNames,
  temporaryFolder,
} from '../../../test/support/tables.ts';
import { duckdbReader } from '../duckdb/duckdb-reader.ts';
import { localCopier } from './local-copier.ts';
import { localTableStore } from './local-table-store.ts';
import { logSnapshots } from './log-snapshots.ts';

const now = Date.parse('2026-12-01T12:00:00Z');
const options = { now, engine: 'asof/test' };

async function copied(table: string, version: number, siblings: readonly string[] = []) {
  const out = join(await temporaryFolder(), 'copy');
  await mkdir(out);
  const copier = localCopier(localTableStore(table), 't');
  return { out, copy: await copier.copy(version, out, { ...options, siblings }) };
}

/** DuckDB reads no variants. */
const readable = tableNames.filter((name) => !name.startsWith('variant'));

describe.each(readable)('%s', (name) => {
  test('the copy of the latest version has the rows that Spark read, under an id of its own', async () => {
    const table = await copyTable(name);
    const version = tableCase(name).versions.at(-1)?.version ?? 0;
    const { out, copy } = await copied(table, version);
    const snapshots = logSnapshots(localTableStore(out), 't');
    const snapshot = await snapshots.at(0);
    const source = await logSnapshots(localTableStore(table), 't').at(version);
    expect(snapshot.schema).toEqual(source.schema);
    expect(snapshot.tableId).toBe(copy.tableId);
    expect(snapshot.tableId).not.toBe(source.tableId);
    const rows = duckdbReader('t', snapshots).rows(snapshot);
    expect(await canonicalRows(snapshot.schema, rows)).toEqual(await sparkRows(name, version));
  });
});

test('files are linked: the copy takes no room, and outlives the original', async () => {
  const table = await copyTable('customer_features');
  const { out, copy } = await copied(table, 4);
  expect(copy.ownBytes).toBe(0);
  expect(copy.placed.some(({ name }) => name.endsWith('.bin'))).toBe(true);
  for (const { name } of copy.placed) {
    expect((await stat(join(out, name))).ino).toBe((await stat(join(table, name))).ino);
  }
  await rm(table, { recursive: true });
  const snapshots = logSnapshots(localTableStore(out), 't');
  const rows = duckdbReader('t', snapshots).rows(await snapshots.at(0));
  const { schema } = await snapshots.at(0);
  expect(await canonicalRows(schema, rows)).toEqual(await sparkRows('customer_features', 4));
});

test('its log is one commit that says where it comes from', async () => {
  const table = await copyTable('customer_features');
  const { out, copy } = await copied(table, 3);
  const [info] = (await readFile(join(out, copy.logFile), 'utf8')).split('\n');
  expect(JSON.parse(info ?? '')).toMatchObject({
    commitInfo: {
      timestamp: now,
      operation: 'CLONE',
      operationParameters: { source: table, sourceVersion: '3' },
      engineInfo: 'asof/test',
    },
  });
});

test('a file that is gone, or is another, stops it', async () => {
  const table = await copyTable('vacuumed');
  await expect(copied(table, 1)).rejects.toMatchObject({
    code: 'FILES_MISSING',
    details: { missing: 2, of: 2 },
  });
  const other = await copyTable('customer_features');
  const { copy } = await copied(other, 7);
  const [first] = copy.placed.filter(({ name }) => name.endsWith('.parquet'));
  await writeFile(join(other, first?.name ?? ''), 'short');
  await expect(copied(other, 7)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
});

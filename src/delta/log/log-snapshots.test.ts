import { readdirSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { canonicalRows } from '../../../test/support/canonical-rows.ts';
import {
  addAction,
  infoAction,
  metaDataAction,
  protocolAction,
  writeLog,
} from '../../../test/support/delta-log.ts';
import {
  commitPath,
  copyTable,
  logFiles,
  sparkRows,
  tableCase,
  tableNames,
  temporaryFolder,
} from '../../../test/support/tables.ts';
import { duckdbReader } from '../duckdb/duckdb-reader.ts';
import type { DataFile, Snapshot } from '../snapshot.ts';
import { summarize } from '../snapshot-summary.ts';
import { localTableStore } from './local-table-store.ts';
import { logHistory } from './log-history.ts';
import { logSnapshots } from './log-snapshots.ts';

const open = (table: string, cwd?: string) => logSnapshots(localTableStore(table, cwd), 't');

async function filesOf(snapshot: Snapshot): Promise<readonly DataFile[]> {
  const files: DataFile[] = [];
  for await (const batch of snapshot.files()) files.push(...batch);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

describe("a table's folder may have any name", () => {
  const names = [
    { name: 'a b', why: 'a blank' },
    { name: '100%', why: 'a percent sign' },
    { name: 'a%20b', why: 'what looks encoded' },
    { name: 'größe 中 😀', why: 'letters beyond ASCII' },
    { name: 'a*b?[c]{d,e}', why: 'signs of a pattern' },
    { name: 'it\'s "q" `b` $(x) ;--', why: 'quotes and signs of SQL' },
    { name: 'a#b&c=d+e', why: 'signs of a URL' },
    { name: 'a\\b', why: 'a backslash' },
    { name: 'a\nb', why: 'a line break' },
    { name: 'c:d', why: 'a colon' },
    { name: '-n', why: 'a dash in front' },
    { name: '.hidden', why: 'a dot in front' },
  ].filter(({ name }) => process.platform !== 'win32' || !/[*?"\\\n:]/.test(name));

  // Files in folders that are encoded in the log, and deletion vectors in files of their own.
  const others = ['plain_partitioned', 'deletion_vectors'];
  const cases = [
    ...names.map((one) => ({ ...one, table: 'customer_features' })),
    ...names.slice(3, 6).flatMap((one) => others.map((table) => ({ ...one, table }))),
  ];

  test.each(cases)('$why ($table)', async ({ name, table }) => {
    const folder = await copyTable(table, join(await temporaryFolder(), name));
    const { versions } = tableCase(table);
    const version = versions.at(-1)?.version ?? 0;
    const given = [folder, pathToFileURL(folder).href];
    for (const location of given) {
      const store = localTableStore(location);
      const snapshots = logSnapshots(store, 't');
      const { committedAt } = await logHistory(store, 't', Date.now).resolve({ kind: 'latest' });
      expect(committedAt).toBeGreaterThan(0);
      const snapshot = await snapshots.at(version);
      const rows = duckdbReader('t', snapshots).rows(snapshot);
      expect(await canonicalRows(snapshot.schema, rows)).toEqual(await sparkRows(table, version));
    }
  });

  test('relative to another folder', async () => {
    const folder = await copyTable('customer_features');
    const cwd = join(folder, '..');
    const snapshot = await open(`./${relative(cwd, folder)}`, cwd).at(0);
    expect((await filesOf(snapshot)).every((file) => file.location.startsWith(folder))).toBe(true);
  });
});

describe('the snapshot digest does not depend on how the log is laid out', () => {
  const withCheckpoints = tableNames.filter((name) => {
    const log = readdirSync(`fixtures/delta-tables/${name}/table/_delta_log`);
    const isWhole = log.some((file) => /^0+\.json$/.test(file));
    return isWhole && log.some((file) => file.includes('.checkpoint.'));
  });

  test('there are tables to try it on', () => {
    expect(withCheckpoints.length).toBeGreaterThanOrEqual(6);
  });

  test.each(withCheckpoints)('%s has the same with its checkpoints and without', async (name) => {
    const table = await copyTable(name);
    const digests = async () => {
      const found: string[] = [];
      for (const { version } of tableCase(name).versions) {
        found.push((await summarize(await open(table).at(version))).digest);
      }
      return found;
    };
    const before = await digests();
    for (const file of await logFiles(table)) {
      if (/checkpoint/.test(file)) await rm(join(table, '_delta_log', file));
    }
    expect(await digests()).toEqual(before);
  });

  test('it does not depend on where the table lies either', async () => {
    const [one, other] = [await copyTable('deletion_vectors'), await copyTable('deletion_vectors')];
    const digest = async (table: string) => (await summarize(await open(table).at(8))).digest;
    expect(await digest(other)).toBe(await digest(one));
  });
});

describe('a version', () => {
  test('has everything that the log says of the table', async () => {
    const table = await writeLog([
      [
        infoAction(),
        protocolAction({ minReaderVersion: 2, minWriterVersion: 5 }),
        metaDataAction({
          name: 'features',
          description: 'ünïque',
          partitionColumns: ['id'],
          configuration: { 'delta.appendOnly': 'true', 'my.own': '' },
        }),
        addAction('id=1/a%20b.parquet', {
          partitionValues: { id: '1' },
          size: 47,
          modificationTime: 1_700_000_000_001,
          stats: '{"numRecords":3}',
          tags: { a: 'b' },
        }),
      ],
    ]);
    const snapshot = await open(table).at(0);
    expect(snapshot).toMatchObject({
      version: 0,
      tableId: '5fba94ed-0000-4000-8000-000000000001',
      name: 'features',
      description: 'ünïque',
      createdAt: 1_700_000_000_000,
      protocol: {
        minReaderVersion: 2,
        minWriterVersion: 5,
        readerFeatures: [],
        writerFeatures: [],
      },
      partitionColumns: ['id'],
      properties: { 'delta.appendOnly': 'true', 'my.own': '' },
    });
    expect(await filesOf(snapshot)).toMatchObject([
      {
        path: 'id=1/a%20b.parquet',
        location: join(table, 'id=1', 'a b.parquet'),
        sizeBytes: 47,
        modifiedAt: 1_700_000_000_001,
        partitionValues: { id: '1' },
        stats: '{"numRecords":3}',
      },
    ]);
  });

  test('stays what it is when the table moves on while it is being read', async () => {
    const table = await copyTable('customer_features');
    const snapshots = open(table);
    const before = await snapshots.at(3);
    const digest = (await summarize(before)).digest;
    await rm(join(table, '_delta_log', '00000000000000000007.json'));
    expect((await summarize(before)).digest).toBe(digest);
    expect((await summarize(await snapshots.at(3))).digest).toBe(digest);
  });

  test.each([
    { type: 'geometry', feature: 'the type geometry' },
    { type: 'interval day to second', feature: 'the type interval day to second' },
    {
      type: { type: 'array', elementType: 'geography', containsNull: true },
      feature: 'the type geography',
    },
  ])(
    'with a column of a type that asof does not know is refused by its name: $feature',
    async ({ type, feature }) => {
      const fields = [{ name: 'a', type, nullable: true, metadata: {} }];
      const table = await writeLog([[infoAction(), protocolAction(), metaDataAction({ fields })]]);
      await expect(open(table).at(0)).rejects.toMatchObject({
        code: 'FEATURE_UNSUPPORTED',
        details: { table: 't', features: [feature] },
      });
    },
  );

  test('with a schema nested deeper than can be read is refused and crashes nothing', async () => {
    const depth = 50_000;
    const opening = '{"type":"array","containsNull":true,"elementType":';
    const type = `${opening.repeat(depth)}"long"${'}'.repeat(depth)}`;
    const schemaString = `{"type":"struct","fields":[{"name":"a","type":${type},"nullable":true,"metadata":{}}]}`;
    const table = await writeLog([
      [infoAction(), protocolAction(), metaDataAction({ schemaString })],
    ]);
    await expect(open(table).at(0)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test('stops at an abort with its reason', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const table = await copyTable('customer_features');
    await expect(open(table).at(3, { signal })).rejects.toThrow('enough');
  });
});

describe('files of a shallow clone', () => {
  /** A clone of `customer_features` as Spark writes one: absolute paths into the source, and a CLONE in the log. */
  async function aClone(operation: string): Promise<{ clone: string; source: string }> {
    const source = await copyTable('customer_features');
    const [file] = await filesOf(await open(source).at(1));
    const path = pathToFileURL(file?.location ?? '').href;
    const clone = await writeLog([
      [infoAction({ operation }), protocolAction(), metaDataAction(), addAction(path)],
      [infoAction(), addAction('own.parquet')],
    ]);
    return { clone, source };
  }

  test('are followed where the log holds the CLONE', async () => {
    const { clone, source } = await aClone('CLONE');
    const files = await filesOf(await open(clone).at(1));
    expect(files.map(({ location }) => relative(source, location).startsWith('part-'))).toEqual([
      true,
      false,
    ]);
  });

  test('are refused where it holds none', async () => {
    const { clone } = await aClone('WRITE');
    const snapshot = await open(clone).at(1);
    await expect(filesOf(snapshot)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_TABLE' });
  });
});

describe('an audit', () => {
  test('finds what is gone and what has another size', async () => {
    const table = await copyTable('customer_features');
    const snapshots = open(table);
    const files = await filesOf(await snapshots.at(2));
    const [first, second] = files;
    if (first === undefined || second === undefined) throw new Error('two files at least');
    expect(await snapshots.audit(files)).toEqual({ missing: [], changed: [] });
    await rm(first.location);
    await truncate(second.location, 10);
    expect(await snapshots.audit(files)).toEqual({
      missing: [first],
      changed: [{ file: second, sizeBytes: 10 }],
    });
  });

  test('looks inside the folders of a table with any names', async () => {
    const table = await copyTable('plain_partitioned');
    const snapshots = open(table);
    const files = await filesOf(await snapshots.at(4));
    expect(files.length).toBeGreaterThan(10);
    expect(await snapshots.audit(files)).toEqual({ missing: [], changed: [] });
  });

  test('takes a folder in the place of a file for another size', async () => {
    const table = await copyTable('customer_features');
    const snapshots = open(table);
    const [file] = await filesOf(await snapshots.at(1));
    if (file === undefined) throw new Error('one file at least');
    const audited = [{ location: table, sizeBytes: file.sizeBytes }];
    expect((await snapshots.audit(audited)).changed).toHaveLength(1);
  });
});

describe('what is no table', () => {
  test('is told apart: nothing, a file, a folder, the log itself, Parquet, an empty log', async () => {
    const folder = await copyTable('customer_features', join(await temporaryFolder(), 'features'));
    const parent = join(folder, '..');
    await writeFile(join(parent, 'file'), 'x');
    await writeFile(join(parent, 'x.parquet'), 'x');
    const code = (path: string) =>
      open(path)
        .at(0)
        .then(
          () => 'read',
          ({ code, details }) => ({ code, ...details }),
        );
    expect(await code(join(parent, 'featurs'))).toMatchObject({
      code: 'TABLE_NOT_FOUND',
      closest: folder,
    });
    expect(await code(join(parent, 'a', 'b', 'c'))).toMatchObject({ code: 'TABLE_NOT_FOUND' });
    expect(await code(join(parent, 'file', 'x'))).toMatchObject({ code: 'TABLE_NOT_FOUND' });
    const notDelta = { code: 'TABLE_NOT_DELTA' };
    expect(await code(join(parent, 'file'))).toMatchObject({ ...notDelta, found: 'is a file' });
    expect(await code(join(folder, '_delta_log'))).toMatchObject({
      ...notDelta,
      found: expect.stringContaining('the log itself'),
    });
    expect(await code(parent)).toMatchObject({
      ...notDelta,
      found: expect.stringContaining('Parquet'),
    });
    for (const name of await readdir(join(folder, '_delta_log'))) {
      await rm(join(folder, '_delta_log', name), { recursive: true });
    }
    expect(await code(folder)).toMatchObject({
      ...notDelta,
      found: expect.stringContaining('without a commit'),
    });
    await rm(join(folder, '_delta_log'), { recursive: true });
    await writeFile(join(folder, '_delta_log'), 'a file of that name');
    expect(await code(folder)).toMatchObject(notDelta);
  });

  test('a commit that is a folder makes the log damaged', async () => {
    const table = await copyTable('customer_features');
    await rm(commitPath(table, 3));
    await mkdir(commitPath(table, 3));
    await expect(open(table).at(3)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      details: { file: expect.stringContaining('3.json') },
    });
  });

  test.each(['file://host/share/t', 'file:///a%2Fb', 'file:///a%00b', 'file:///%E4'])(
    'a URL that is no path here is no table reference: %s',
    (url) => {
      expect(() => localTableStore(url)).toThrow(
        expect.objectContaining({
          code: 'REF_INVALID',
          details: expect.objectContaining({ text: url }),
        }),
      );
    },
  );

  test('a path longer than any there can be is not there', async () => {
    await expect(open(`/${'x'.repeat(5000)}`).at(0)).rejects.toMatchObject({
      code: 'TABLE_NOT_FOUND',
    });
  });
});

test('files are not opened to be audited', async () => {
  const table = await copyTable('customer_features');
  const snapshots = open(table);
  const files = await filesOf(await snapshots.at(1));
  for (const { location } of files) await chmod(location, 0o000);
  expect(await snapshots.audit(files)).toEqual({ missing: [], changed: [] });
  expect((await stat(files[0]?.location ?? '')).mode & 0o777).toBe(0);
});

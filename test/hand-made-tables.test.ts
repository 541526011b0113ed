import { cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { duckdbCheckpointRemoves } from '../src/delta/duckdb/checkpoint-removes.ts';
import { duckdbReader } from '../src/delta/duckdb/duckdb-reader.ts';
import { localCopier } from '../src/delta/log/local-copier.ts';
import { localTableStore } from '../src/delta/log/local-table-store.ts';
import { logHistory } from '../src/delta/log/log-history.ts';
import { logSnapshots } from '../src/delta/log/log-snapshots.ts';
import { logTimelines } from '../src/delta/log/log-timelines.ts';
import { vectorFile } from '../src/delta/log/vector-file.ts';
import type { DeletionVector } from '../src/delta/snapshot.ts';
import { canonicalRows } from './support/canonical-rows.ts';
import {
  addAction,
  infoAction,
  metaDataAction,
  protocolAction,
  writeCommit,
  writeLog,
} from './support/delta-log.ts';
import {
  commitPath,
  copyTable,
  logFiles,
  sparkRows,
  tableCase,
  temporaryFolder,
} from './support/tables.ts';
import { writtenTable } from './support/written-table.ts';

// What the protocol allows and no engine at hand writes, or what lies beside a table.

async function rowsOf(folder: string, version: number): Promise<readonly string[]> {
  const snapshots = logSnapshots(localTableStore(folder), 't');
  const snapshot = await snapshots.at(version);
  return await canonicalRows(snapshot.schema, duckdbReader('t', snapshots).rows(snapshot));
}

async function latestOf(folder: string): Promise<number> {
  const history = logHistory(localTableStore(folder), 't', Date.now);
  return (await history.resolve({ kind: 'latest' })).version;
}

describe('what lies in the log and is not of it counts for nothing', () => {
  const strays = [
    { name: '00000000000000000002.json.tmp', why: 'a temporary file' },
    { name: '.00000000000000000002.json.9f1c.tmp', why: 'a hidden temporary file' },
    {
      name: '_commit_00000000000000000008.json.tmp',
      why: 'a commit of delta-rs that never became one',
    },
    { name: '00000000000000000002.crc', why: 'a checksum file that lies' },
    { name: '.00000000000000000002.json.crc', why: "Hadoop's checksum" },
    {
      name: '00000000000000000000.00000000000000000004.compacted.json',
      why: 'compacted commits that lie',
    },
    { name: '00000000000000000003.checkpoint.parquet.tmp', why: 'a checkpoint not yet there' },
    { name: '00000000000000000003.checkpoint.parquet', why: 'an empty checkpoint', content: '' },
    {
      name: '00000000000000000003.checkpoint.0000000001.0000000002.parquet',
      why: 'half of a checkpoint',
    },
    { name: '_last_checkpoint', why: 'a hint that is no JSON' },
    {
      name: '_last_checkpoint',
      why: 'a hint to a checkpoint that is not there',
      content: '{"version":3,"size":9}',
    },
    {
      name: '_last_checkpoint',
      why: 'a hint to a version of the future',
      content: '{"version":900,"size":9}',
    },
    { name: '_last_checkpoint', why: 'an empty hint', content: '' },
    { name: 'notes.txt', why: 'any file' },
    { name: '_staged_commits/00000000000000000008.9f1c.json', why: 'a staged commit' },
  ];

  test.each(strays)('$why: $name', async ({ name, content = 'garbage' }) => {
    const folder = await copyTable('customer_features');
    await mkdir(join(folder, '_delta_log', '_staged_commits'), { recursive: true });
    await writeFile(join(folder, '_delta_log', name), content);
    expect(await latestOf(folder)).toBe(7);
    for (const version of [2, 3, 7]) {
      expect(await rowsOf(folder, version)).toEqual(await sparkRows('customer_features', version));
    }
  });
});

describe('a table', () => {
  test('may lie in another, and have other files beside its own', async () => {
    const outer = await copyTable('customer_features');
    const inner = join(outer, 'inner');
    await cp('fixtures/delta-tables/restored/table', inner, { recursive: true });
    await cp(join(inner, '_delta_log'), join(outer, 'region=EU'), { recursive: true });
    await writeFile(join(outer, 'part-99999.parquet'), 'no data of the table');
    expect(await rowsOf(outer, 3)).toEqual(await sparkRows('customer_features', 3));
    expect(await rowsOf(inner, 2)).toEqual(await sparkRows('restored', 2));
  });

  test('may be reached by a link, and have its files behind links', async () => {
    const folder = await copyTable('plain_partitioned');
    const links = await temporaryFolder();
    await rename(join(folder, 'part=a'), join(links, 'moved'));
    await symlink(join(links, 'moved'), join(folder, 'part=a'));
    await rename(join(folder, '_delta_log'), join(links, 'log'));
    await symlink(join(links, 'log'), join(folder, '_delta_log'));
    await symlink(folder, join(links, 'table'));
    for (const path of [folder, join(links, 'table')]) {
      expect(await rowsOf(path, 4)).toEqual(await sparkRows('plain_partitioned', 4));
    }
  });

  test('in a circle of links is not there, and says so', async () => {
    const folder = await temporaryFolder();
    await symlink(join(folder, 'b'), join(folder, 'a'));
    await symlink(join(folder, 'a'), join(folder, 'b'));
    await expect(rowsOf(join(folder, 'a'), 0)).rejects.toMatchObject({
      code: expect.stringMatching(/^(TABLE_NOT_FOUND|LOG_DAMAGED)$/),
    });
  });

  test('has commits that tell of nothing, or lack what is optional', async () => {
    const folder = await copyTable('customer_features');
    await writeCommit(folder, 8, [infoAction({ operation: 'NOTHING' })]);
    await writeCommit(folder, 9, [{ txn: { appId: 'a', version: 1 } }]);
    await writeFile(commitPath(folder, 10), '');
    await writeCommit(folder, 11, [{ futureAction: { any: [1] } }, {}, { cdc: null }]);
    expect(await latestOf(folder)).toBe(11);
    for (const version of [8, 9, 10, 11]) {
      expect(await rowsOf(folder, version)).toEqual(await sparkRows('customer_features', 7));
    }
  });

  test('may spell the UUIDs of its checkpoints in capitals', async () => {
    const folder = await copyTable('v2_checkpoint_json');
    const log = join(folder, '_delta_log');
    const uuids = (await logFiles(folder)).filter((name) => /checkpoint\..{36}\.json$/.test(name));
    expect(uuids.length).toBeGreaterThan(0);
    for (const name of uuids) {
      const capitals = name.replace(/[0-9a-f-]{36}/, (uuid) => uuid.toUpperCase());
      await rename(join(log, name), join(log, capitals));
    }
    const version = await latestOf(folder);
    expect(await rowsOf(folder, version)).toEqual(await sparkRows('v2_checkpoint_json', version));
    // Only they tell of what was before.
    for (let gone = 0; gone <= 3; gone++) await rm(commitPath(folder, gone));
    expect(await rowsOf(folder, version)).toEqual(await sparkRows('v2_checkpoint_json', version));
  });

  test('that has a sidecar twice in a checkpoint gives no rows twice: it is damaged', async () => {
    const folder = await copyTable('v2_checkpoint_json');
    const [name = ''] = (await logFiles(folder)).filter((file) => /checkpoint\..*json$/.test(file));
    const version = Number.parseInt(name, 10);
    const path = join(folder, '_delta_log', name);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    const sidecars = lines.filter((line) => line.startsWith('{"sidecar"'));
    expect(sidecars.length).toBeGreaterThan(0);
    await writeFile(path, [...lines, ...sidecars].join('\n'));
    await expect(rowsOf(folder, version)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      details: { problem: expect.stringMatching(/^it has p=\S+ twice\.$/) },
    });
    const copier = localCopier(localTableStore(folder), 't');
    const copy = copier.copy(version, await temporaryFolder(), { now: Date.now(), engine: 'test' });
    await expect(copy).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(await rowsOf(folder, 0)).toEqual(await sparkRows('v2_checkpoint_json', 0));
  });

  test('may remove a file under another spelling of its path', async () => {
    const { folder } = await writtenTable({ id: 'integer' }, [
      { sql: 'SELECT 1 AS id' },
      { sql: 'SELECT 2 AS id' },
    ]);
    const name = 'part-00000.parquet';
    const remove = (path: string) => [{ remove: { path, dataChange: true } }];
    await writeCommit(folder, 1, remove(`./${name}`));
    const { size } = await stat(join(folder, name));
    await writeCommit(folder, 2, [addAction(join(folder, name), { size, stats: undefined })]);
    await writeCommit(folder, 3, remove(pathToFileURL(join(folder, name)).href));
    const rows = await Promise.all([0, 1, 2, 3].map((version) => rowsOf(folder, version)));
    expect(rows.map((of) => of.length)).toEqual([2, 1, 2, 1]);
    expect(rows[3]).toEqual(rows[1]);
    const timelines = logTimelines(localTableStore(folder), 't', duckdbCheckpointRemoves);
    expect((await timelines.read([0, 1, 2, 3])).failures.size).toBe(0);
  });

  test('may say several things in one commit: the last one counts, as for Spark', async () => {
    const { folder } = await writtenTable({ id: 'integer', later: 'string' }, [
      { sql: 'SELECT 1 AS id', path: 'é.parquet' },
      { sql: 'SELECT 2 AS id', path: 'b.parquet' },
    ]);
    const { size } = await stat(join(folder, 'b.parquet'));
    const add = addAction('b.parquet', { size, stats: undefined });
    const remove = (path: string) => ({ remove: { path, dataChange: true } });
    const id = { name: 'id', type: 'integer', nullable: true, metadata: {} };
    await writeCommit(folder, 1, [add, remove('b.parquet')]);
    await writeCommit(folder, 2, [remove('b.parquet'), add, remove('%c3%a9.parquet')]);
    await writeCommit(folder, 3, [metaDataAction(), metaDataAction({ fields: [id] })]);
    const rows = await Promise.all([0, 1, 2, 3].map((version) => rowsOf(folder, version)));
    expect(rows).toEqual([['[1,null]', '[2,null]'], ['[1,null]'], ['[2,null]'], ['[2]']]);
    const timelines = logTimelines(localTableStore(folder), 't', duckdbCheckpointRemoves);
    expect((await timelines.read([0, 1, 2, 3])).failures.size).toBe(0);
  });

  test('may name its deletion vectors by absolute paths', async () => {
    const folder = await copyTable('deletion_vectors');
    let renamed = 0;
    const byPath = (vector: DeletionVector): DeletionVector => {
      const file = vectorFile(vector);
      if (vector.storageType !== 'u' || file === undefined) return vector;
      renamed += 1;
      const path = pathToFileURL(join(folder, file.path)).href;
      return { ...vector, storageType: 'p', pathOrInlineDv: path };
    };
    for (const name of await logFiles(folder)) {
      if (!/^\d+\.json$/.test(name)) continue;
      const path = join(folder, '_delta_log', name);
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
      const actions = lines.map((line) =>
        JSON.parse(line, (key, value) =>
          key === 'deletionVector' && value !== null ? byPath(value) : value,
        ),
      );
      await writeFile(path, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
    }
    expect(renamed).toBeGreaterThan(3);
    const { versions } = tableCase('deletion_vectors');
    for (const { version } of versions) {
      expect(await rowsOf(folder, version)).toEqual(await sparkRows('deletion_vectors', version));
    }
    expect(versions.length).toBeGreaterThan(3);
  });

  test('may protect its checkpoints, which concerns writers; one that a catalog manages is refused by name', async () => {
    const configuration = { 'delta.enableInCommitTimestamps': 'true' };
    const table = async (readerFeatures: string[], writerFeatures: string[]) => {
      const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures };
      return await writeLog([
        [
          infoAction(),
          protocolAction(protocol),
          metaDataAction({ configuration }),
          addAction('a.parquet'),
        ],
      ]);
    };
    const open = async (folder: string) => await logSnapshots(localTableStore(folder), 't').at(0);
    expect(
      await open(await table([], ['checkpointProtection', 'inCommitTimestamp'])),
    ).toMatchObject({ version: 0 });
    const managed = ['catalogManaged'];
    await expect(
      open(await table(managed, [...managed, 'inCommitTimestamp'])),
    ).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED', details: { features: managed } });
  });

  test('may have two thousand columns', async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `feature_${index}`);
    const { rows } = await writtenTable(
      Object.fromEntries(names.map((name) => [name, 'integer'])),
      [{ sql: `SELECT ${names.map((name, index) => `${index} AS ${name}`).join(', ')}` }],
    );
    expect(await rows()).toEqual([names.map((_, index) => index)]);
  });

  test('has the same rows whatever its statistics say of the values', async () => {
    const folder = await copyTable('schema_evolution');
    const path = commitPath(folder, 1);
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(path, 'utf8');
    const lies = text
      .replace(/\\"minValues\\":\{[^}]*\}/g, '\\"minValues\\":{\\"id\\":900}')
      .replace(/\\"maxValues\\":\{[^}]*\}/g, '\\"maxValues\\":{\\"id\\":\\"no number\\"}')
      .replace(/\\"nullCount\\":\{[^}]*\}/g, '\\"nullCount\\":{\\"id\\":77}');
    expect(lies).not.toBe(text);
    await writeFile(path, lies);
    expect(await rowsOf(folder, 1)).toEqual(await sparkRows('schema_evolution', 1));
  });
});

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aLink, aTrace, tableId } from '../../test/support/builders.ts';
import {
  digestOf,
  type FakeTableOptions,
  fakeTable,
  fakeTables,
} from '../../test/support/fake-tables.ts';
import { temporaryFolder } from '../../test/support/tables.ts';
import type { WriteOptions } from '../delta/table-reader.ts';
import type { VersionFacts } from '../delta/version-facts.ts';
import { manifestName } from './manifest.ts';
import {
  type RehydrateOptions,
  rehydrate,
  type Wanted,
  wantedOf,
  wantedTable,
} from './rehydrate.ts';
import { manifestSchema } from './result/manifest.ts';
import { rehydrateResult } from './result/rehydrate.ts';

/** A table whose reader writes a line a version, and what the reader was told. */
function aTable(options: FakeTableOptions = {}) {
  const writes: { readonly snapshot: VersionFacts; readonly options: WriteOptions }[] = [];
  const table = fakeTable({
    ...options,
    reader: {
      async write(snapshot, directory, given = {}) {
        writes.push({ snapshot, options: given });
        given.onProgress?.({ fraction: 1, bytes: 10 });
        await writeFile(join(directory, 'rows'), `v${snapshot.version}\n`);
        return { rows: 7, files: ['rows'] };
      },
      ...options.reader,
    },
  });
  return { table, writes };
}

const aWanted = (fields: Partial<Wanted> = {}): Wanted => ({
  alias: 'features',
  table: aTable().table,
  version: 1,
  ...fields,
});
const options = (out: string, others: Partial<RehydrateOptions> = {}): RehydrateOptions => ({
  out,
  asof: '0.1.0',
  now: () => Date.parse('2026-03-09T00:00:00Z'),
  ...others,
});
const aTarget = async () => join(await temporaryFolder(), 'out');

describe('rehydrating one table', () => {
  test('writes its rows and a manifest straight into the folder', async () => {
    const out = await aTarget();
    const { table } = aTable();
    const read = { columns: ['id'], where: 'id > 1', split: '80/20', seed: 0 };
    const result = await rehydrate([aWanted({ table, read, of: 'models:/churn/3' })], options(out));
    expect(rehydrateResult.parse(result)).toEqual(result);
    const manifest = {
      schemaVersion: 1,
      table: { ref: 'analytics.features', id: tableId, location: '/tables/features' },
      version: 1,
      committedAt: '2026-03-02T00:00:00.000Z',
      operation: 'WRITE',
      digest: await digestOf(table, 1),
      of: 'models:/churn/3',
      read,
      format: 'parquet',
      rows: 7,
      bytes: 3,
      files: [{ name: 'rows', bytes: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
      writtenAt: '2026-03-09T00:00:00.000Z',
      asof: '0.1.0',
      seal: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    expect(result).toEqual({
      schemaVersion: 1,
      path: out,
      tables: [{ alias: 'features', path: out, manifest }],
      warnings: [],
    });
    expect((await readdir(out)).sort()).toEqual([manifestName, 'rows']);
    const written = JSON.parse(await readFile(join(out, manifestName), 'utf8'));
    expect(manifestSchema.parse(written)).toEqual(manifest);
  });

  test('tells the reader what is read, and spills beside the output', async () => {
    const out = await aTarget();
    const { table, writes } = aTable();
    const read = { columns: ['id'], where: 'id > 1', seed: 1 };
    await rehydrate([aWanted({ table, read })], options(out, { format: 'csv', memoryLimit: 47 }));
    expect(writes[0]?.options).toMatchObject({
      format: 'csv',
      memoryLimit: 47,
      selection: { columns: ['id'], where: 'id > 1' },
    });
    expect(writes[0]?.options.tempDirectory).toMatch(/\.out\.asof-/);
    await rehydrate([aWanted({ table })], options(await aTarget(), { tempDirectory: '/spill' }));
    expect(writes[1]?.options).toMatchObject({ tempDirectory: '/spill', selection: {} });
  });

  test.each([['out'], ['deep/er/out'], ['_out']])(
    'makes no %s in the folder of a Delta table, where VACUUM would remove it',
    async (name) => {
      const folder = await temporaryFolder();
      await mkdir(join(folder, 'table', '_delta_log'), { recursive: true });
      await symlink(join(folder, 'table'), join(folder, 'link'));
      for (const way of ['table', 'link']) {
        const out = join(folder, way, name);
        await expect(rehydrate([aWanted()], options(out))).rejects.toMatchObject({
          code: 'OUTPUT_UNUSABLE',
          details: { path: out, problem: expect.stringContaining(join(folder, 'table')) },
        });
      }
      expect(await readdir(join(folder, 'table'))).toEqual(['_delta_log']);
    },
  );

  test('says how far it is, by alias', async () => {
    const seen: unknown[] = [];
    const onProgress: RehydrateOptions['onProgress'] = (...event) => seen.push(event);
    await rehydrate([aWanted()], options(await aTarget(), { onProgress }));
    expect(seen).toEqual([['features', { fraction: 1, bytes: 10 }]]);
  });
});

describe('rehydrating several tables', () => {
  test('makes a folder for each, and a manifest in each', async () => {
    const out = await aTarget();
    const result = await rehydrate(
      [aWanted({ alias: 'a', version: 0 }), aWanted({ alias: 'b', version: 2 })],
      options(out),
    );
    expect(result.tables.map(({ alias, path }) => [alias, path])).toEqual([
      ['a', join(out, 'a')],
      ['b', join(out, 'b')],
    ]);
    expect(await readFile(join(out, 'a', 'rows'), 'utf8')).toBe('v0\n');
    expect(await readFile(join(out, 'b', 'rows'), 'utf8')).toBe('v2\n');
    expect((await readdir(join(out, 'b'))).sort()).toEqual([manifestName, 'rows']);
  });

  test('leaves nothing when the last of them fails', async () => {
    const out = await aTarget();
    const failing = aTable({ reader: { write: () => Promise.reject(new Error('broken')) } });
    const wanted = [aWanted({ alias: 'a' }), aWanted({ alias: 'b', table: failing.table })];
    await expect(rehydrate(wanted, options(out))).rejects.toThrow('broken');
    expect(await readdir(join(out, '..'))).toEqual([]);
  });
});

describe('what is not what was stamped is refused before a row is read', () => {
  const refused = async (wanted: Partial<Wanted>) => {
    const out = await aTarget();
    const { table, writes } = aTable();
    const work = rehydrate([aWanted({ table, ...wanted })], options(out));
    const error = await work.then(
      () => expect.unreachable('it was written'),
      (failure) => failure,
    );
    expect(writes).toEqual([]);
    expect(existsSync(out)).toBe(false);
    return error;
  };

  test('another table of that name', async () => {
    expect(await refused({ tableId: 'other' })).toMatchObject({
      code: 'TABLE_REPLACED',
      details: { ref: 'analytics.features', stamped: 'other', found: tableId },
    });
  });

  test('another content of that version', async () => {
    expect(await refused({ tableId, digest: 'snapshot-v1:other' })).toMatchObject({
      code: 'DIGEST_DIFFERS',
      details: { table: 'analytics.features', version: 1, stamped: 'snapshot-v1:other' },
    });
  });

  test('a version that is not there', async () => {
    expect(await refused({ version: 9 })).toMatchObject({ code: 'VERSION_TOO_NEW' });
  });
});

describe('with force', () => {
  test('what asof wrote before is replaced', async () => {
    const out = await aTarget();
    await rehydrate([aWanted({ version: 0 })], options(out));
    await expect(rehydrate([aWanted()], options(out))).rejects.toMatchObject({
      code: 'OUTPUT_NOT_EMPTY',
    });
    await rehydrate(
      [aWanted({ alias: 'a' }), aWanted({ alias: 'b' })],
      options(out, { isForced: true }),
    );
    expect((await readdir(out)).sort()).toEqual(['a', 'b']);
    await rehydrate([aWanted()], options(out, { isForced: true }));
    expect(await readFile(join(out, 'rows'), 'utf8')).toBe('v1\n');
  });

  test('what it did not write is not', async () => {
    const out = await aTarget();
    await rehydrate([aWanted({ version: 0 })], options(out));
    await writeFile(join(out, 'notes.txt'), 'mine');
    await expect(rehydrate([aWanted()], options(out, { isForced: true }))).rejects.toMatchObject({
      code: 'OUTPUT_NOT_OURS',
      details: { path: out, foreign: 'notes.txt' },
    });
    expect(await readFile(join(out, 'rows'), 'utf8')).toBe('v0\n');
    expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('nor is what came into the folder while the new rows were written', async () => {
    const out = await aTarget();
    await rehydrate([aWanted({ version: 0 })], options(out));
    const { table } = aTable();
    const slow: typeof table = {
      ...table,
      reader: {
        ...table.reader,
        async write(...given) {
          await mkdir(join(out, 'new'));
          await writeFile(join(out, 'new', 'notes.txt'), 'mine');
          return await table.reader.write(...given);
        },
      },
    };
    await expect(
      rehydrate([aWanted({ table: slow })], options(out, { isForced: true })),
    ).rejects.toMatchObject({ code: 'OUTPUT_NOT_OURS' });
    expect(await readFile(join(out, 'new', 'notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('what trained a model', () => {
  const one = fakeTable();
  const other = fakeTable({ name: 'analytics.labels', location: '/tables/labels', id: 'labels' });
  const tables = fakeTables(one, other);
  const labels = aLink({
    alias: 'labels',
    table: { ref: 'analytics.labels', id: 'labels', location: '/tables/labels' },
    version: 0,
    certainty: 'recorded',
    digest: null,
  });
  const wanted = (...links: readonly Parameters<typeof aLink>[0][]) =>
    wantedOf('models:/churn/3', aTrace({ links: links.map((link) => aLink(link)) }), tables, {});

  test('is every table of its links, with what was stamped to check it by', async () => {
    const read = { columns: ['id'] };
    const found = await wanted({ read }, labels);
    expect(found).toEqual([
      {
        alias: 'features',
        table: one,
        version: 47,
        of: 'models:/churn/3',
        read,
        tableId,
        digest: 'snapshot-v1:00ff',
      },
      { alias: 'labels', table: other, version: 0, of: 'models:/churn/3' },
    ]);
  });

  test('is some of them where aliases are named', async () => {
    const trace = aTrace({ links: [aLink(), labels] });
    const found = await wantedOf('x', trace, tables, { only: ['labels'] });
    expect(found.map(({ alias }) => alias)).toEqual(['labels']);
    await expect(wantedOf('x', trace, tables, { only: ['label'] })).rejects.toMatchObject({
      code: 'TABLE_ALIAS_UNKNOWN',
      details: { ref: 'x', alias: 'label', aliases: ['features', 'labels'] },
    });
  });

  test.each([
    { read: { columns: ['name'] }, expected: { columns: ['name'], where: 'id > 1', seed: 0 } },
    { read: { where: 'id > 2' }, expected: { columns: ['id'], where: 'id > 2', seed: 0 } },
    {
      read: { columns: ['name'], where: 'id > 2' },
      expected: { columns: ['name'], where: 'id > 2', seed: 0 },
    },
  ])(
    'is read otherwise than stamped where that is asked for: $read',
    async ({ read, expected }) => {
      const stamped = { columns: ['id'], where: 'id > 1', seed: 0 };
      const trace = aTrace({ links: [aLink({ read: stamped })] });
      const [found] = await wantedOf('x', trace, tables, { read });
      expect(found?.read).toEqual(expected);
    },
  );

  test.each([
    { link: { certainty: 'unknown', version: null }, why: 'unknown' },
    { link: { certainty: 'conflicting' }, why: 'conflicting' },
    { link: { certainty: 'inferred' }, why: 'inferred' },
  ] as const)('is not taken where it is $why', async ({ link }) => {
    await expect(wanted(link)).rejects.toMatchObject({
      code: 'LINK_UNCERTAIN',
      details: { ref: 'models:/churn/3', table: 'analytics.features', certainty: link.certainty },
    });
  });

  test('is not taken where nothing is recorded', async () => {
    await expect(wanted()).rejects.toMatchObject({ code: 'STAMP_MISSING' });
  });

  test('is found at its location when its name is not known here', async () => {
    const link = { table: { ref: 'prod.features', id: tableId, location: '/tables/features' } };
    const [found] = await wanted(link);
    expect(found?.table).toBe(one);
  });

  test('is an error where it is at neither', async () => {
    const link = { table: { ref: 'prod.features', id: tableId, location: null } };
    await expect(wanted(link)).rejects.toMatchObject({ code: 'TABLE_NAME_UNKNOWN' });
  });
});

test('a table that the user names is resolved at its moment', async () => {
  const table = fakeTable();
  const moment = { kind: 'version', version: 0 } as const;
  expect(await wantedTable('f', table, moment, undefined, {})).toEqual({
    alias: 'f',
    table,
    version: 0,
  });
  const latest = await wantedTable('f', table, { kind: 'latest' }, { seed: 1 }, {});
  expect(latest).toMatchObject({ version: 2, read: { seed: 1 } });
});

test('a stamped digest that a warehouse can not confirm is said to be unconfirmed', async () => {
  const { table } = aTable();
  const { files: _, deletedRows: __, ...facts } = await table.snapshots.at(1);
  const behind = { ...table, facts: { at: async () => facts } };
  const wanted = aWanted({ table: behind, version: 1, digest: 'snapshot-v1:x' });
  const { warnings, tables } = await rehydrate([wanted], options(await aTarget()));
  expect(warnings).toMatchObject([{ code: 'DIGEST_UNCHECKED' }]);
  expect(tables[0]?.manifest.digest).toBeNull();
});

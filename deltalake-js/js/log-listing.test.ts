import { expect, test } from 'vitest';
import { justBefore as named } from './log-file.ts';
import { arrange, listLog } from './log-listing.ts';
import { counting, memoryStore } from './testing/stores.ts';

const uuids = ['07df25ed-6f72-41d0-b216-2eb2da4ec367', '398eaaa3-8200-40a5-a4d6-f5f717384c06'];
const log = '_delta_log';

/** Twelve commits, checkpoints at 5 and 10, and a hint. */
function table(hint?: string) {
  const commits = Array.from({ length: 12 }, (_, version) => `${log}/${named(version)}.json`);
  const checkpoints = [5, 10].map((version) => `${log}/${named(version)}.checkpoint.parquet`);
  return counting(
    memoryStore({
      ...Object.fromEntries([...commits, ...checkpoints].map((path) => [path, ''])),
      ...(hint !== undefined && { [`${log}/_last_checkpoint`]: hint }),
    }),
  );
}

test('with a hint, the listing begins at its checkpoint', async () => {
  const store = table('{"version":10,"size":3}');
  const listing = await listLog(store);
  expect(listing.startsAt).toBe(10);
  expect(listing.commits.map(({ version }) => version)).toEqual([10, 11]);
  expect(listing.checkpoints.map(({ version }) => version)).toEqual([10]);
  expect(store.reads.lists).toEqual([{ folder: log, startAfter: named(10) }]);
});

test.each([
  { hint: undefined, why: 'missing' },
  { hint: '', why: 'empty' },
  { hint: 'garbage', why: 'not JSON' },
  { hint: '[]', why: 'a list' },
  { hint: 'null', why: 'null' },
  { hint: '{"version":"10"}', why: 'without a numeric version' },
  { hint: '{"version":-1}', why: 'of a negative version' },
  { hint: '{"version":1e300}', why: 'of an impossible version' },
  { hint: '{"version":7}', why: 'of a checkpoint that never was' },
  { hint: '{"version":900}', why: 'of a version that is not there' },
])('a hint that is $why gives the whole listing', async ({ hint }) => {
  const listing = await listLog(table(hint));
  expect(listing.startsAt).toBeUndefined();
  expect(listing.commits.length).toBe(12);
  expect(listing.checkpoints.map(({ version }) => version)).toEqual([5, 10]);
});

test('a stale hint still begins the listing, which goes on to the end', async () => {
  const listing = await listLog(table('{"version":5}'));
  expect(listing.startsAt).toBe(5);
  expect(listing.checkpoints.map(({ version }) => version)).toEqual([5, 10]);
  expect(listing.commits.at(-1)?.version).toBe(11);
});

test('an older version than the hint needs the whole listing', async () => {
  expect((await listLog(table('{"version":10}'), { version: 9 })).startsAt).toBeUndefined();
  expect((await listLog(table('{"version":10}'), { version: 10 })).startsAt).toBe(10);
});

test('the whole log is listed on demand, without a look at the hint', async () => {
  const store = table('{"version":10}');
  expect((await listLog(store, { whole: true })).commits.length).toBe(12);
  expect(store.reads.paths).toEqual([]);
});

test('no folder is an empty listing', async () => {
  const listing = await listLog(memoryStore({}));
  expect(listing.commits).toEqual([]);
  expect(listing.checkpoints).toEqual([]);
});

test('what the store rejects with passes, unless it says that there is no such file', async () => {
  const refusal = Object.assign(new Error('no access'), { code: 'EACCES' });
  const store = { ...memoryStore({}), read: () => Promise.reject(refusal) };
  await expect(listLog(store)).rejects.toBe(refusal);
});

test('an aborted signal stops it', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(listLog(table(), { signal })).rejects.toThrow('enough');
});

test('entries in any order, and names that are not of the log, do no harm', () => {
  const names = [`${named(1)}.json`, 'junk', '_sidecars', `${named(0)}.json`, `${named(0)}.crc`];
  const listing = arrange(
    names.map((name) => ({ name })),
    undefined,
  );
  expect(listing.commits.map(({ version }) => version)).toEqual([0, 1]);
  expect(listing.checksums.map(({ version }) => version)).toEqual([0]);
});

test('a checkpoint in parts counts when all of them are there', () => {
  const part = (version: number, number: number, of: number) => ({
    name: `${named(version)}.checkpoint.000000000${number}.000000000${of}.parquet`,
  });
  const listing = arrange(
    [part(4, 1, 3), part(4, 3, 3), part(8, 2, 2), part(8, 1, 2), part(8, 1, 4)],
    undefined,
  );
  expect(listing.checkpoints).toMatchObject([{ version: 8, kind: 'multi-part' }]);
  expect(listing.checkpoints[0]?.files.map(({ path }) => path)).toEqual([
    `${log}/${part(8, 1, 2).name}`,
    `${log}/${part(8, 2, 2).name}`,
  ]);
  expect(listing.incompleteCheckpoints).toEqual([
    { version: 4, parts: 3, missing: [2] },
    { version: 8, parts: 4, missing: [2, 3, 4] },
  ]);
});

test('of several checkpoints in a version the one that Spark and the kernel take comes last', () => {
  const names = [
    `checkpoint.${uuids[0]}.parquet`,
    `checkpoint.${uuids[1]}.json`,
    'checkpoint.parquet',
    'checkpoint.0000000001.0000000002.parquet',
    'checkpoint.0000000002.0000000002.parquet',
  ];
  const listing = arrange(
    names.map((name) => ({ name: `${named(3)}.${name}` })),
    undefined,
  );
  expect(listing.checkpoints.map(({ kind }) => kind)).toEqual([
    'classic',
    'multi-part',
    'v2',
    'v2',
  ]);
  expect(listing.checkpoints.at(-1)?.files[0]?.path).toContain(uuids[1]);
});

test('a checkpoint that is known to be empty was never written', () => {
  const entry = { name: `${named(3)}.checkpoint.parquet`, sizeBytes: 0 };
  expect(arrange([entry], undefined).checkpoints).toEqual([]);
});

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addAction, infoAction, writeCommit, writeLog } from '../../../test/support/delta-log.ts';
import { commitPath, copyTable, tableCase, tableNames } from '../../../test/support/tables.ts';
import { duckdbCheckpointRemoves } from '../duckdb/checkpoint-removes.ts';
import { digestOf, summarize } from '../snapshot-summary.ts';
import { metadataAt, spansAt, type Timeline } from '../table-timeline.ts';
import { localTableStore } from './local-table-store.ts';
import { logSnapshots } from './log-snapshots.ts';
import { logTimelines } from './log-timelines.ts';

const timelinesOf = (folder: string) =>
  logTimelines(localTableStore(folder), 't', duckdbCheckpointRemoves);

function digestAt(timeline: Timeline, version: number): string | undefined {
  const metadata = metadataAt(timeline, version);
  const lines = spansAt(timeline, version).map(({ line }) => line);
  return metadata && digestOf({ ...metadata, schema: metadata.schema() }, lines);
}

describe.each(tableNames)('%s', (name) => {
  const versions = tableCase(name).versions.map(({ version }) => version);

  test('every version, asked for alone or with all others, has the files that the kernel gives it', async () => {
    const folder = await copyTable(name);
    const snapshots = logSnapshots(localTableStore(folder), 't');
    const timelines = timelinesOf(folder);
    const all = await timelines.read(versions);
    let compared = 0;
    for (const version of versions) {
      const alone = await timelines.read([version]);
      const kernel = await snapshots.at(version).then(
        (snapshot) => summarize(snapshot).then(({ digest }) => digest),
        (error: { code: string }) => error.code,
      );
      for (const timeline of [all, alone]) {
        const found = timeline.failures.get(version)?.code ?? digestAt(timeline, version);
        expect(found).toBe(kernel);
      }
      compared += 1;
    }
    expect(compared).toBe(versions.length);
    expect(compared).toBeGreaterThan(0);
  });
});

test('a removed file tells until which version it lived and when it was removed', async () => {
  const folder = await writeLog([
    [addAction('a'), addAction('b')],
    [{ remove: { path: 'a', deletionTimestamp: 5_000, dataChange: true } }, addAction('c')],
    [addAction('a')],
  ]);
  const { spans } = await timelinesOf(folder).read([0]);
  expect(spans.map(({ file, from, to, removedAt }) => [file.path, from, to, removedAt])).toEqual([
    ['a', 0, 1, 5_000],
    ['a', 2, undefined, undefined],
    ['b', 0, undefined, undefined],
    ['c', 1, undefined, undefined],
  ]);
});

test('versions that the log can not give fail alone', async () => {
  const folder = await copyTable('log_cleaned');
  const { failures } = await timelinesOf(folder).read([2, 5, 6, 10, 11]);
  expect([...failures].map(([version, { code }]) => [version, code])).toEqual([
    [2, 'VERSION_TOO_OLD'],
    [5, 'VERSION_TOO_OLD'],
    [11, 'VERSION_TOO_NEW'],
  ]);
});

test('over a gap the next checkpoint closes what is gone, at an unknown time', async () => {
  const folder = await copyTable('log_cleaned');
  await rm(commitPath(folder, 8));
  const timeline = await timelinesOf(folder).read([7, 8, 9]);
  expect([...timeline.failures].map(([version, { code }]) => [version, code])).toEqual([
    [8, 'LOG_GAP'],
  ]);
  expect(timeline.latestVersion).toBe(10);
});

test('a damaged checkpoint takes away the versions that are built from it, not those before', async () => {
  const folder = await copyTable('log_cleaned');
  const checkpoint = join(folder, '_delta_log', '00000000000000000006.checkpoint.parquet');
  await writeFile(checkpoint, 'PAR1 and no more');
  const timeline = await timelinesOf(folder).read([6, 8, 9, 10]);
  expect([...timeline.failures].map(([version, { code }]) => [version, code])).toEqual([
    [6, 'CHECKPOINT_DAMAGED'],
    [8, 'CHECKPOINT_DAMAGED'],
  ]);
  const { digest } = await summarize(await logSnapshots(localTableStore(folder), 't').at(9));
  expect(digestAt(timeline, 9)).toBe(digest);
});

test('a checkpoint has the last word about its version, as it has for every engine', async () => {
  const folder = await copyTable('log_cleaned');
  await writeCommit(folder, 8, [infoAction(), addAction('part-made-up.parquet')]);
  const timeline = await timelinesOf(folder).read([7, 8, 9, 10]);
  expect(timeline.failures.size).toBe(0);
  const having = [7, 8, 9, 10].filter((version) =>
    spansAt(timeline, version).some(({ file }) => file.path === 'part-made-up.parquet'),
  );
  expect(having).toEqual([8]);
});

describe('files that are there', () => {
  test.each([
    { count: 10, why: 'few, asked for one by one' },
    { count: 300, why: 'many, found by listing' },
  ])('are found with their sizes: $why', async ({ count }) => {
    const folder = await writeLog([[addAction('a')]]);
    await mkdir(join(folder, 'p=1 %'));
    const names = Array.from({ length: count }, (_, n) => join(folder, 'p=1 %', `f${n}`));
    for (const [n, path] of names.entries()) await writeFile(path, 'x'.repeat(n));
    const elsewhere = join(folder, '..', 'elsewhere');
    await writeFile(elsewhere, 'there');
    const gone = join(folder, 'gone');
    const found = await timelinesOf(folder).stored([...names, elsewhere, gone]);
    expect(found.size).toBe(count + 1);
    expect(names.map((path) => found.get(path)?.sizeBytes)).toEqual(names.map((_, n) => n));
    expect(found.get(elsewhere)?.sizeBytes).toBe(5);
    expect(found.has(gone)).toBe(false);
  });

  test('are listed with the folders, and without the log', async () => {
    const folder = await writeLog([[addAction('a')]]);
    await mkdir(join(folder, 'p=1', 'q=2'), { recursive: true });
    await writeFile(join(folder, 'p=1', 'q=2', 'f'), 'four');
    const entries = await timelinesOf(folder).entries();
    expect(entries.map(({ path, isFolder, sizeBytes }) => [path, isFolder, sizeBytes])).toEqual([
      ['p=1', true, 0],
      ['p=1/q=2', true, 0],
      ['p=1/q=2/f', false, 4],
    ]);
  });
});

test.each(['v2_checkpoint_json', 'v2_checkpoint_parquet', 'multipart_checkpoint'])(
  '%s: what a checkpoint remembers as removed is remembered',
  async (name) => {
    const folder = await copyTable(name);
    const before = await timelinesOf(folder).tombstones();
    expect(before.length).toBeGreaterThan(0);
    expect(before.every(({ inside, removedAt }) => inside !== undefined && removedAt > 0)).toBe(
      true,
    );
    await rename(commitPath(folder, 0), `${folder}.0`).catch(() => {});
    expect(await timelinesOf(folder).tombstones()).toEqual(before);
  },
);

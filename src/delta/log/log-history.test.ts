import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  addAction,
  infoAction,
  metaDataAction,
  protocolAction,
  setCommitTime,
  writeCommit,
  writeLog,
} from '../../../test/support/delta-log.ts';
import { commitPath, copyTable, logFiles, tableCase } from '../../../test/support/tables.ts';
import type { Commit } from '../table-history.ts';
import type { Moment } from '../table-ref.ts';
import { localTableStore } from './local-table-store.ts';
import { logHistory } from './log-history.ts';
import { logSnapshots } from './log-snapshots.ts';

const now = Date.parse('2026-12-01T00:00:00Z');
const day = 86_400_000;
const start = Date.parse('2026-03-01T00:00:00Z');

function open(table: string, clock = () => now) {
  const history = logHistory(localTableStore(table), 't', clock);
  /** The operation is a matter of the history below. */
  const resolve = async (moment: Moment) => {
    const { operation: _, ...version } = await history.resolve(moment);
    return version;
  };
  return {
    ...history,
    atVersion: (version: number) => resolve({ kind: 'version', version }),
    atInstant: (instant: number) => resolve({ kind: 'instant', instant }),
    latest: () => resolve({ kind: 'latest' }),
    async list(options?: Parameters<typeof history.commits>[0]) {
      const commits: Commit[] = [];
      for await (const commit of history.commits(options)) commits.push(commit);
      return commits;
    },
  };
}

/** A table of empty commits, each with its file's time. */
const aTableOf = (times: readonly number[]) =>
  writeLog(
    times.map((_, version) => [infoAction({ operation: `v${version}` })]),
    { times },
  );

describe('a version', () => {
  test('is resolved with the time of its commit, and with whether it is the latest', async () => {
    const { atVersion } = open(await aTableOf([start, start + day]));
    expect(await atVersion(0)).toEqual({ version: 0, isLatest: false, committedAt: start });
    expect(await atVersion(1)).toEqual({ version: 1, isLatest: true, committedAt: start + day });
  });

  test('past the last is too new, and the latest is told', async () => {
    const { atVersion } = open(await aTableOf([start, start + day]));
    await expect(atVersion(2)).rejects.toMatchObject({
      code: 'VERSION_TOO_NEW',
      details: { table: 't', version: 2, latest: 1 },
    });
  });

  test('whose log was cleaned up is too old, and the oldest left is told', async () => {
    const { atVersion, latest } = open(await copyTable('log_cleaned'));
    const { versions } = tableCase('log_cleaned');
    const { version: newest } = await latest();
    const oldest = versions.find(({ error }) => error === undefined)?.version ?? 0;
    expect(oldest).toBeGreaterThan(0);
    await expect(atVersion(oldest - 1)).rejects.toMatchObject({
      code: 'VERSION_TOO_OLD',
      details: { version: oldest - 1, oldest, latest: newest },
    });
    expect(await atVersion(oldest)).toMatchObject({ version: oldest });
  });

  test('of which only a checkpoint is left has no time', async () => {
    const table = await copyTable('log_cleaned');
    const checkpoints = (await logFiles(table)).filter((name) => name.includes('.checkpoint'));
    const version = Number(checkpoints[0]?.slice(0, 20));
    await rm(commitPath(table, version));
    const { atVersion } = open(table);
    expect(await atVersion(version)).toEqual({ version, isLatest: false });
  });

  test('behind a gap says which commits are missing; one before it does not care', async () => {
    const table = await aTableOf([start, start + 1, start + 2, start + 3, start + 4]);
    await rm(commitPath(table, 2));
    await rm(commitPath(table, 3));
    const { atVersion, latest, atInstant } = open(table);
    const gap = { code: 'LOG_GAP', details: { table: 't', first: 2, last: 3 } };
    await expect(atVersion(4)).rejects.toMatchObject(gap);
    await expect(latest()).rejects.toMatchObject(gap);
    await expect(atInstant(start + day)).rejects.toMatchObject(gap);
    const before = { version: 1, isLatest: false, committedAt: start + 1 };
    expect(await atVersion(1)).toEqual(before);
    expect(await atInstant(start + 1)).toEqual(before);
  });

  test('is looked up anew at each call', async () => {
    const table = await aTableOf([start]);
    const { latest } = open(table);
    expect(await latest()).toMatchObject({ version: 0 });
    await writeCommit(table, 1, [infoAction()]);
    expect(await latest()).toMatchObject({ version: 1 });
  });
});

describe('an instant', () => {
  const times = [start, start + 1000, start + 2000];

  test.each([
    { instant: start, version: 0, why: 'the very millisecond of the first commit' },
    { instant: start + 999, version: 0, why: 'a millisecond before the second' },
    { instant: start + 1000, version: 1, why: 'the very millisecond of a commit' },
    { instant: start + 1001, version: 1, why: 'between two commits' },
    { instant: start + 2000, version: 2, why: 'the very millisecond of the last' },
    { instant: now, version: 2, why: 'this very moment, long after the last commit' },
  ])('means the last version committed at or before it: $why', async ({ instant, version }) => {
    const { atInstant } = open(await aTableOf(times));
    const isLatest = version === 2;
    expect(await atInstant(instant)).toEqual({ version, isLatest, committedAt: times[version] });
  });

  test('before the first commit is too early, and the first is told', async () => {
    const { atInstant } = open(await aTableOf(times));
    await expect(atInstant(start - 1)).rejects.toMatchObject({
      code: 'MOMENT_TOO_EARLY',
      details: {
        moment: new Date(start - 1).toISOString(),
        oldest: new Date(start).toISOString(),
        oldestVersion: 0,
      },
    });
  });

  test('before the oldest version that is left is too early', async () => {
    const table = await copyTable('log_cleaned');
    const { list, atInstant } = open(table);
    const oldest = tableCase('log_cleaned').versions.find(({ error }) => error === undefined);
    const commit = (await list()).find(({ version }) => version === oldest?.version);
    const committedAt = commit?.timestamp ?? Number.NaN;
    expect(await atInstant(committedAt)).toEqual({
      version: oldest?.version,
      isLatest: false,
      committedAt,
    });
    await expect(atInstant(committedAt - 1)).rejects.toMatchObject({
      code: 'MOMENT_TOO_EARLY',
      details: { oldestVersion: oldest?.version },
    });
  });

  test('in the future is refused by a millisecond, also where nothing was ever committed before', async () => {
    const { atInstant } = open(await aTableOf([now - 5]), () => now);
    await expect(atInstant(now + 1)).rejects.toMatchObject({
      code: 'MOMENT_IN_FUTURE',
      details: { moment: new Date(now + 1).toISOString(), now: new Date(now).toISOString() },
    });
  });
});

describe('times of files that do not grow', () => {
  test.each([
    { raw: [0, 0, 0], even: [0, 1, 2], why: 'equal times' },
    { raw: [0, 5, 5, 5, 7], even: [0, 5, 6, 7, 8], why: 'and those after them' },
    { raw: [100, 50, 60], even: [100, 101, 102], why: 'a clock that went back' },
    { raw: [100, 50, 200], even: [100, 101, 200], why: 'and came forth again' },
  ])('are raised by a millisecond each: $why', async ({ raw, even }) => {
    const { list } = open(await aTableOf(raw.map((time) => start + time)));
    const found = (await list()).reverse().map(({ timestamp }) => timestamp - start);
    expect(found).toEqual(even);
  });

  test('are those by which an instant is resolved', async () => {
    const { atInstant } = open(await aTableOf([start + 100, start + 50, start + 60]));
    expect(await atInstant(start + 100)).toEqual({
      version: 0,
      isLatest: false,
      committedAt: start + 100,
    });
    expect(await atInstant(start + 101)).toEqual({
      version: 1,
      isLatest: false,
      committedAt: start + 101,
    });
    expect(await atInstant(start + 102)).toEqual({
      version: 2,
      isLatest: true,
      committedAt: start + 102,
    });
    await expect(atInstant(start + 60)).rejects.toMatchObject({ code: 'MOMENT_TOO_EARLY' });
  });
});

describe('in-commit timestamps', () => {
  const enabled = { 'delta.enableInCommitTimestamps': 'true' };
  const since = (version: number, timestamp: number) => ({
    ...enabled,
    'delta.inCommitTimestampEnablementVersion': String(version),
    'delta.inCommitTimestampEnablementTimestamp': String(timestamp),
  });
  const protocol = protocolAction({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] });

  test('hold from the first commit on where the table was made with them', async () => {
    const table = await writeLog(
      [
        [
          infoAction({ inCommitTimestamp: start }),
          protocol,
          metaDataAction({ configuration: enabled }),
        ],
        [infoAction({ inCommitTimestamp: start + 7 })],
      ],
      { times: [start + 5 * day, start + 3 * day] },
    );
    const { list, atInstant, latest } = open(table);
    expect((await list()).map(({ timestamp }) => timestamp)).toEqual([start + 7, start]);
    expect(await atInstant(start + 6)).toEqual({ version: 0, isLatest: false, committedAt: start });
    expect(await latest()).toEqual({ version: 1, isLatest: true, committedAt: start + 7 });
  });

  test('count only where the latest metadata has them enabled, in any letter case', async () => {
    const commitsWith = (value: string | undefined) =>
      writeLog(
        [
          [
            infoAction({ inCommitTimestamp: start }),
            protocol,
            metaDataAction({
              configuration: value === undefined ? {} : { 'delta.enableInCommitTimestamps': value },
            }),
          ],
          [infoAction({ inCommitTimestamp: start + 7 })],
        ],
        { times: [start + day, start + 2 * day] },
      );
    for (const value of [undefined, 'false']) {
      const { list, atInstant } = open(await commitsWith(value));
      expect((await list()).map(({ timestamp }) => timestamp)).toEqual([
        start + 2 * day,
        start + day,
      ]);
      await expect(atInstant(start + 7)).rejects.toMatchObject({ code: 'MOMENT_TOO_EARLY' });
    }
    expect(await open(await commitsWith('TRUE')).atInstant(start + 7)).toMatchObject({
      version: 1,
    });
  });

  test('are damaged where the version that enabled them is none', async () => {
    const configuration = { ...enabled, 'delta.inCommitTimestampEnablementVersion': 'x' };
    const table = await writeLog([
      [infoAction({ inCommitTimestamp: start }), protocol, metaDataAction({ configuration })],
    ]);
    const damaged = {
      code: 'LOG_DAMAGED',
      details: { problem: "delta.inCommitTimestampEnablementVersion 'x' is no version." },
    };
    await expect(open(table).list()).rejects.toMatchObject(damaged);
    await expect(open(table).atInstant(start)).rejects.toMatchObject(damaged);
  });

  test.each([9e15, -9e15])('of %d are no dates, and the commit is named', async (own) => {
    const table = await writeLog([
      [
        infoAction({ inCommitTimestamp: own }),
        protocol,
        metaDataAction({ configuration: enabled }),
      ],
    ]);
    await expect(open(table).latest()).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      details: {
        file: expect.stringContaining('0.json'),
        problem: expect.stringContaining('no date'),
      },
    });
  });

  /** v0 and v1 by their files, v2 enables, v3 and v4 have their own. */
  const enabledMidway = () =>
    writeLog(
      [
        [infoAction({})],
        [infoAction({})],
        [
          infoAction({ inCommitTimestamp: start + 2 * day }),
          protocol,
          metaDataAction({ configuration: since(2, start + 2 * day) }),
        ],
        [infoAction({ inCommitTimestamp: start + 3 * day })],
        [infoAction({ inCommitTimestamp: start + 4 * day })],
      ],
      // What the files say from v2 on is not to be believed.
      { times: [start, start + day, start, start + 100 * day, start + 50 * day] },
    );

  test('hold from the version on that enabled them, and file times before', async () => {
    const { list } = open(await enabledMidway());
    const found = (await list()).reverse().map(({ timestamp }) => (timestamp - start) / day);
    expect(found).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    { days: 0, version: 0, why: 'the first, by its file' },
    { days: 1.5, version: 1, why: 'just before they were enabled, by the file' },
    { days: 2, version: 2, why: 'the very instant that enabled them' },
    { days: 3.5, version: 3, why: 'between two of them' },
    { days: 90, version: 4, why: 'after the last' },
  ])('an instant is found on either side: $why', async ({ days, version }) => {
    const { atInstant } = open(await enabledMidway());
    expect(await atInstant(start + days * day)).toMatchObject({ version });
  });

  test('with the commits before them gone, an instant before them is too early', async () => {
    const table = await copyTable('in_commit_timestamps');
    const { list, atInstant } = open(table);
    const commits = (await list()).reverse();
    const [first] = commits;
    expect(commits.length).toBe(6);
    await expect(atInstant((first?.timestamp ?? 0) - 1)).rejects.toMatchObject({
      code: 'MOMENT_TOO_EARLY',
      details: { oldestVersion: 0 },
    });
    for (const { version, timestamp } of commits) {
      const isLatest = version === commits.at(-1)?.version;
      expect(await atInstant(timestamp)).toEqual({ version, isLatest, committedAt: timestamp });
    }
  });

  test('that a commit lacks though it must have one make the log damaged', async () => {
    const table = await enabledMidway();
    await writeCommit(table, 3, [infoAction()]);
    const { atVersion, list } = open(table);
    await expect(atVersion(3)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      details: { table: 't', file: expect.stringContaining('3.json') },
    });
    await expect(list()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(await atVersion(4)).toMatchObject({ committedAt: start + 4 * day });
  });

  test('that were switched off again count no more', async () => {
    const table = await enabledMidway();
    const configuration = { 'delta.enableInCommitTimestamps': 'false' };
    await writeCommit(table, 5, [infoAction(), metaDataAction({ configuration })]);
    await setCommitTime(table, 5, start + 200 * day);
    const { latest } = open(table);
    expect(await latest()).toEqual({ version: 5, isLatest: true, committedAt: start + 200 * day });
  });
});

describe('a commit', () => {
  const theCommit = async (...lines: Parameters<typeof writeCommit>[2]) => {
    const table = await writeLog([[infoAction()], lines], { times: [start, start + day] });
    const [commit] = await open(table).list({ limit: 1 });
    return commit;
  };

  test('without commitInfo is in the history, with version and time alone', async () => {
    expect(await theCommit(addAction('a'))).toEqual({ version: 1, timestamp: start + day });
  });

  test('of an empty file is so too', async () => {
    const table = await writeLog([[infoAction()]], { times: [start] });
    await writeFile(commitPath(table, 1), '');
    await setCommitTime(table, 1, start + day);
    expect(await open(table).list({ limit: 1 })).toEqual([{ version: 1, timestamp: start + day }]);
  });

  test('may have its commitInfo in any line', async () => {
    const info = infoAction({ operation: 'MERGE' });
    expect(await theCommit(addAction('a'), addAction('b'), info)).toMatchObject({
      operation: 'MERGE',
    });
  });

  test.each([
    { length: 16_384, why: 'beyond what is read first' },
    { length: 400_000, why: 'beyond what is read at once' },
  ])('may have a first line that is long: $why', async ({ length }) => {
    const userMetadata = 'é'.repeat(length);
    const commit = await theCommit(infoAction({ operation: 'MERGE', userMetadata }));
    expect(commit).toMatchObject({ operation: 'MERGE', userMetadata });
  });

  test.each([-3, -2, -1, 0, 1, 2, 3])(
    'may end its first line near the 16 KiB that are read first: %d bytes from it',
    async (difference) => {
      const bare = JSON.stringify(infoAction({ operation: 'MERGE', userMetadata: '' })).length;
      const userMetadata = 'x'.repeat(16_384 + difference - bare);
      const commit = await theCommit(
        infoAction({ operation: 'MERGE', userMetadata }),
        addAction('a'),
      );
      expect(commit).toMatchObject({ operation: 'MERGE', userMetadata });
    },
  );

  test('may speak of commitInfo where it means none', async () => {
    const decoy = addAction('a', { tags: { note: '"commitInfo"' } });
    expect(await theCommit(decoy, infoAction({ operation: 'MERGE' }))).toMatchObject({
      operation: 'MERGE',
    });
  });

  test('may be written with carriage returns and blank lines', async () => {
    expect(await theCommit(`\r`, `${JSON.stringify(infoAction())}\r`, '')).toMatchObject({
      operation: 'WRITE',
    });
  });

  test('keeps what the writer put in as text, and what is not text as JSON', async () => {
    const commit = await theCommit(
      infoAction({
        operationParameters: { mode: 'Append', partitionBy: ['a'], predicate: null, n: 1 },
        operationMetrics: { numFiles: 3, numOutputRows: '400', nothing: null },
        userMetadata: '',
        isBlindAppend: false,
        readVersion: 0,
      }),
    );
    expect(commit).toEqual({
      version: 1,
      timestamp: start + day,
      operation: 'WRITE',
      operationParameters: { mode: 'Append', partitionBy: '["a"]', predicate: null, n: '1' },
      operationMetrics: { numFiles: '3', numOutputRows: '400' },
      userMetadata: '',
      isBlindAppend: false,
      readVersion: 0,
    });
  });

  test('with a field of another kind loses that field and nothing else', async () => {
    const commit = await theCommit(
      infoAction({ operation: 47, userName: 'Ada', readVersion: 'x', operationMetrics: [] }),
    );
    expect(commit).toMatchObject({ userName: 'Ada' });
    expect(commit).not.toHaveProperty('operation');
    expect(commit).not.toHaveProperty('readVersion');
  });

  test.each([
    { line: '{"commitInfo":{"operation":"WRI', why: 'is cut off' },
    { line: '{"commitInfo":{"operation":"WRITE"}}}', why: 'goes on behind its end' },
  ])('whose commitInfo $why makes the log damaged', async ({ line }) => {
    await expect(theCommit(line)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      details: { table: 't', file: expect.stringContaining('1.json') },
    });
  });

  test.each([
    { line: '{"commitInfo":null}', why: 'null' },
    { line: '{"commitInfo":{}}', why: 'empty' },
  ])('may have a commitInfo that is $why', async ({ line }) => {
    expect(await theCommit(line)).toEqual({ version: 1, timestamp: start + day });
  });
});

describe('a history', () => {
  const times = Array.from({ length: 150 }, (_, version) => start + version * 1000);

  test('is newest first, also where more is read than at once', async () => {
    const { list } = open(await aTableOf(times));
    const found = await list();
    expect(found.map(({ version }) => version)).toEqual(times.map((_, at) => 149 - at));
    expect(found.map(({ operation }) => operation)).toEqual(times.map((_, at) => `v${149 - at}`));
  });

  test('can be cut', async () => {
    const { list } = open(await aTableOf(times));
    const found = await list({ limit: 3 });
    expect(found.map(({ version }) => version)).toEqual([149, 148, 147]);
  });

  test('that is left early reads no more commits', async () => {
    const table = await aTableOf(times);
    const store = localTableStore(table);
    const reads: string[] = [];
    const counting = {
      ...store,
      read: (...[path, options]: Parameters<typeof store.read>) => {
        reads.push(path);
        return store.read(path, options);
      },
    };
    for await (const { version } of logHistory(counting, 't', () => now).commits()) {
      if (version === 149) break;
    }
    expect(reads.length).toBeLessThan(100);
  });

  test('is there also behind a gap, and where versions can not be rebuilt any more', async () => {
    const table = await aTableOf([start, start + 1, start + 2]);
    await rm(commitPath(table, 1));
    expect((await open(table).list()).map(({ version }) => version)).toEqual([2, 0]);
  });

  test('passes over commits that are cleaned up while it is being read, as Spark does', async () => {
    const table = await aTableOf([start, start + 1, start + 2]);
    const store = localTableStore(table);
    const cleaned = {
      ...store,
      async list(...asked: Parameters<typeof store.list>) {
        const entries = await store.list(...asked);
        await rm(commitPath(table, 0), { force: true });
        return entries;
      },
    };
    const found: Commit[] = [];
    for await (const commit of logHistory(cleaned, 't', () => now).commits()) found.push(commit);
    expect(found.map(({ version, timestamp }) => [version, timestamp - start])).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  test('stops at an abort with its reason', async () => {
    const { list } = open(await aTableOf(times));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(list({ signal })).rejects.toThrow('enough');
  });

  test('has commits and nothing else that lies in the folder', async () => {
    const table = await aTableOf([start, start + 1]);
    const log = (name: string) => join(table, '_delta_log', name);
    const text = await readFile(commitPath(table, 1), 'utf8');
    for (const name of [
      '.00000000000000000002.json.crc',
      '00000000000000000002.json.tmp',
      '00000000000000000002.crc',
      '2.json',
      '_commits',
      'README.txt',
    ]) {
      await writeFile(log(name), text);
    }
    expect((await open(table).list()).map(({ version }) => version)).toEqual([1, 0]);
  });
});

test('history and snapshots agree on what the latest version is', async () => {
  const table = await aTableOf([start, start + 1]);
  const { version } = await open(table).latest();
  const snapshot = await logSnapshots(localTableStore(table), 't').at(version);
  expect(snapshot.version).toBe(1);
});

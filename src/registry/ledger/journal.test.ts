import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { aModelVersion } from '../../../test/support/builders.ts';
import { temporaryFolder } from '../../../test/support/tables.ts';
import type { ModelVersion } from '../model.ts';
import { checkChain, entryHash, noHash } from './journal.ts';
import { openLedger } from './ledger.ts';

const aPath = async () => join(await temporaryFolder(), 'asof.db');

/** A ledger with three stamps, a registered model and a move of it. */
async function aLedger(path: string) {
  const ledger = openLedger(path, () => 1_000);
  const run = await ledger.runs.start({});
  for (const stamp of ['1', '2', '3']) await ledger.journal.keep({ store: 's', runId: 'r', stamp });
  await ledger.models.register({ name: 'm', runId: run.id });
  await ledger.models.setStage('m', 1, 'Production');
  return ledger;
}

function edit(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

test('everything kept is told, each entry with the hash of the one before', async () => {
  const { journal, close } = await aLedger(await aPath());
  const entries = await journal.entries();
  expect(entries.map(({ seq, at, kind }) => [seq, at, kind])).toEqual([
    [1, 1_000, 'stamp'],
    [2, 1_000, 'stamp'],
    [3, 1_000, 'stamp'],
    [4, 1_000, 'transition'],
    [5, 1_000, 'transition'],
  ]);
  expect(entries.map(({ previous }) => previous)).toEqual([
    noHash,
    ...entries.slice(0, 4).map(({ hash }) => hash),
  ]);
  expect(entries.every((entry) => entry.hash === entryHash(entry))).toBe(true);
  expect(await journal.check()).toEqual({ entries: 5, head: entries[4]?.hash, problems: [] });
  close();
});

test('the same stamp again adds nothing; another of the run is kept beside', async () => {
  const { journal, close } = await aLedger(await aPath());
  await journal.keep({ store: 's', runId: 'r', stamp: '2' });
  expect((await journal.entries()).length).toBe(5);
  expect(await journal.stampsOf('s', 'r')).toEqual(['1', '2', '3']);
  expect(await journal.stampsOf('other', 'r')).toEqual([]);
  close();
});

test('an empty journal is sound', async () => {
  const { journal, close } = openLedger(await aPath());
  expect(await journal.check()).toEqual({ entries: 0, head: noHash, problems: [] });
  close();
});

describe('it is seen when', () => {
  test.each([
    {
      sql: `UPDATE journal SET body = replace(body, '"2"', '"9"') WHERE seq = 2`,
      problem: /entry 2 was changed/,
      why: 'an entry is changed',
    },
    { sql: 'UPDATE journal SET at = 5 WHERE seq = 5', problem: /entry 5 was/, why: 'the last is' },
    { sql: 'DELETE FROM journal WHERE seq = 3', problem: /entry 3 is missing/, why: 'one is gone' },
    {
      sql: 'DELETE FROM journal WHERE seq = 1',
      problem: /entry 1 is missing/,
      why: 'the first is',
    },
    {
      sql: 'DELETE FROM journal WHERE seq = 5',
      problem: /transition is kept that the journal does not tell of: m version 1/,
      why: 'the last is gone',
    },
    { sql: 'DELETE FROM stamps WHERE id = 2', problem: /entry 2 tells/, why: 'a stamp is gone' },
    {
      sql: "UPDATE stamps SET stamp = '7' WHERE id = 1",
      problem: /entry 1 tells of a stamp that is gone/,
      why: 'a stamp is changed',
    },
    {
      sql: "UPDATE transitions SET what = 'Archived' WHERE kind = 'stage'",
      problem: /entry 5 tells/,
      why: 'a transition is changed',
    },
  ])('$why', async ({ sql, problem }) => {
    const path = await aPath();
    (await aLedger(path)).close();
    edit(path, sql);
    const { journal, close } = openLedger(path);
    const { problems } = await journal.check();
    expect(problems.join('; ')).toMatch(problem);
    close();
  });

  test('entries change places', async () => {
    const { journal, close } = await aLedger(await aPath());
    const [one, two, ...rest] = await journal.entries();
    if (one === undefined || two === undefined) throw new Error('five entries');
    expect(checkChain([two, one, ...rest])).toBe('entry 1 is missing');
    expect(checkChain([{ ...one, previous: 'x' }])).toMatch(/does not follow/);
    close();
  });
});

describe('another copy', () => {
  test('brings what it has more, and the rows that it tells of', async () => {
    const [here, there] = [await aPath(), await aPath()];
    (await aLedger(here)).close();
    await copyFile(here, there);
    const other = openLedger(there, () => 2_000);
    await other.journal.keep({ store: 's', runId: 'r2', stamp: '4' });
    await other.models.setAlias('m', 1, 'champion');
    const entries = await other.journal.entries();
    other.close();

    const { journal, close } = openLedger(here);
    expect(await journal.take('other', entries)).toBe(2);
    expect(await journal.take('other', entries)).toBe(0);
    expect(await journal.stampsOf('s', 'r2')).toEqual(['4']);
    expect(await journal.entries()).toEqual(entries);
    expect((await journal.check()).problems).toEqual([]);
    close();
  });

  test('that went another way is refused, and leaves everything as it is', async () => {
    const [here, there] = [await aPath(), await aPath()];
    const other = await aLedger(there);
    await other.journal.keep({ store: 's', runId: 'r2', stamp: '4' });
    const entries = await other.journal.entries();
    other.close();
    const { journal, close } = openLedger(here, () => 7);
    await journal.keep({ store: 's', runId: 'r', stamp: '1' });
    await expect(journal.take('other', entries)).rejects.toMatchObject({
      code: 'JOURNAL_DIVERGES',
      details: { seq: 1 },
    });
    expect((await journal.entries()).length).toBe(1);
    close();
  });

  test('that was changed is refused', async () => {
    const other = await aLedger(await aPath());
    const [first, ...rest] = await other.journal.entries();
    other.close();
    if (first === undefined) throw new Error('five entries');
    const { journal, close } = openLedger(await aPath());
    const changed = [{ ...first, at: 5 }, ...rest];
    await expect(journal.take('other', changed)).rejects.toMatchObject({ code: 'JOURNAL_INVALID' });
    expect(await journal.entries()).toEqual([]);
    close();
  });
});

describe('what syncs of another registry saw', () => {
  const aVersion = (fields: Partial<ModelVersion> = {}) => aModelVersion({ version: 1, ...fields });
  /** Two looks: a model version, then its move to Production. */
  async function synced(path: string) {
    const ledger = openLedger(path, () => 1_000);
    const mirror = ledger.mirror('MLflow');
    const see = (at: number, version: ModelVersion) =>
      mirror.save({ models: [{ name: version.name, versions: [version] }], runs: [] }, at);
    see(10, aVersion());
    see(20, aVersion({ stage: 'Production' }));
    see(30, aVersion({ stage: 'Production' }));
    return ledger;
  }
  const production = { kind: 'stage', what: 'Production' } as const;
  const { name } = aVersion();

  test('is told sync by sync, also when nothing had changed', async () => {
    const { journal, close } = await synced(await aPath());
    const entries = await journal.entries();
    expect(entries.map(({ at, kind, body }) => [at, kind, JSON.parse(body).events.length])).toEqual(
      [
        [10, 'sighting', 2],
        [20, 'sighting', 1],
        [30, 'sighting', 0],
      ],
    );
    expect((await journal.check()).problems).toEqual([]);
    close();
  });

  test.each([
    {
      sql: "UPDATE sync_events SET what = 'Staging' WHERE what = 'Production'",
      problem:
        /entry 2 tells of a sighting that is gone: MLflow at 1970.*; a sighting is kept that/,
      why: 'a change is edited',
    },
    { sql: 'DELETE FROM sync_events WHERE id = 1', problem: /entry 1 tells/, why: 'one is gone' },
    { sql: 'DELETE FROM syncs WHERE at = 30', problem: /entry 3 tells/, why: 'a sync is gone' },
    {
      sql: "INSERT INTO syncs VALUES (NULL, 'MLflow', 40)",
      problem:
        /^a sighting is kept that the journal does not tell of: MLflow at 1970-01-01T00:00:00.040Z$/,
      why: 'a sync is made up',
    },
  ])('it is seen when $why', async ({ sql, problem }) => {
    const path = await aPath();
    (await synced(path)).close();
    edit(path, sql);
    const { journal, close } = openLedger(path);
    expect((await journal.check()).problems.join('; ')).toMatch(problem);
    close();
  });

  test('comes over with the journal', async () => {
    const other = await synced(await aPath());
    const entries = await other.journal.entries();
    other.close();
    const { journal, mirror, close } = openLedger(await aPath());
    expect(await journal.take('other', entries)).toBe(3);
    expect((await journal.check()).problems).toEqual([]);
    expect(await mirror('MLflow').past.holders(name, production, 25)).toMatchObject({
      versions: [1],
      known: 'observed',
    });
    close();
  });

  test('before the journal told of it is told when the ledger is opened', async () => {
    const path = await aPath();
    (await synced(path)).close();
    edit(
      path,
      'DELETE FROM journal; DROP TABLE digests; DROP TABLE sync_records; PRAGMA user_version = 1',
    );
    const { journal, mirror, close } = openLedger(path);
    const bodies = (await journal.entries()).map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ at, events }) => [at, events.length])).toEqual([
      [10, 2],
      [20, 1],
      [30, 0],
    ]);
    expect((await journal.check()).problems).toEqual([]);
    expect(await mirror('MLflow').past.holders(name, production, 25)).toMatchObject({
      versions: [1],
    });
    close();
  });
});

test('entries can be asked for by their kind', async () => {
  const { journal, close } = await aLedger(await aPath());
  expect((await journal.entries(['transition'])).map(({ seq }) => seq)).toEqual([4, 5]);
  expect(await journal.entries(['hold'])).toEqual([]);
  close();
});

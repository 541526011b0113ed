import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalRows } from '../../test/support/canonical-rows.ts';
import { commitPath, copyTable, sparkRows, temporaryFolder } from '../../test/support/tables.ts';
import { connectTables } from '../connect-tables.ts';
import { parseTableName } from '../delta/table-ref.ts';
import { openLedger } from '../registry/ledger/ledger.ts';
import { parseModelRef } from '../registry/model-ref.ts';
import { findHold, hold, ownBytes, release } from './hold.ts';
import { pinTables } from './pin.ts';
import { rehydrate, wantedOf, wantedTable } from './rehydrate.ts';
import { stampOf } from './stamp.ts';
import { stampRun } from './stamp-run.ts';
import { status } from './status.ts';
import { trace } from './trace.ts';
import { verifyRun } from './verify.ts';
import { keptHolds } from './wire-hold.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

/** A model trained on a table's version 4, and what a command has at hand. */
async function trained() {
  const folder = await temporaryFolder();
  const location = await copyTable('customer_features', join(folder, 'features'));
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const tables = connectTables({ tables: { 'a.features': location } }, { cwd: folder });
  const table = tables.open(parseTableName('a.features'));
  const run = await ledger.runs.start({});
  const pins = await pinTables([
    { alias: 'features', table, moment: { kind: 'version', version: 4 } },
  ]);
  await stampRun(ledger, run.id, stampOf(pins, { at: now, asof: '0' }));
  await ledger.models.register({ name: 'm', runId: run.id });
  await ledger.models.setStage('m', 1, 'Production');
  const options = { folder: join(folder, 'holds'), tables, asof: '0', now: () => now };
  const keep = (version: number) =>
    hold({ alias: 'features', table, version }, ledger.journal, options);
  const holds = async () => await keptHolds(ledger.journal);
  const sources = async () => ({ ...ledger, tables, holds: await holds() });
  const traced = async () => {
    for await (const result of trace(parseModelRef('models:/m/1'), await sources(), { now })) {
      return result;
    }
    throw new Error('one model version');
  };
  return { folder, location, ledger, tables, table, run, keep, holds, sources, traced };
}

async function rowsAt(folder: string) {
  const tables = connectTables({ tables: {} }, { cwd: folder });
  const { snapshots, reader } = tables.open(parseTableName(folder));
  const snapshot = await snapshots.at(0);
  return await canonicalRows(snapshot.schema, reader.rows(snapshot));
}

test('a hold is a table of its own, noted in the journal, and made once', async () => {
  const { keep, holds, ledger } = await trained();
  const { hold: made, wasHeld } = await keep(4);
  expect(wasHeld).toBe(false);
  expect(await holds()).toEqual([made]);
  expect(await rowsAt(made.path)).toEqual(await sparkRows('customer_features', 4));
  expect(await keep(4)).toEqual({ hold: made, wasHeld: true });
  expect((await ledger.journal.check()).problems).toEqual([]);
});

test('what holds of a table share is stored once', async () => {
  const { keep, location, holds } = await trained();
  await keep(3);
  await keep(4);
  expect(await Promise.all((await holds()).map(ownBytes))).toEqual([0, 0]);
  await rm(location, { recursive: true });
  const [three, four] = await holds();
  if (three === undefined || four === undefined) throw new Error('two holds');
  const inodes = async (path: string) => {
    const names = (await readdir(path)).filter((name) => name.endsWith('.parquet'));
    const stats = await Promise.all(names.map((name) => stat(join(path, name))));
    return stats.map(({ ino, nlink }) => ({ ino, nlink }));
  };
  const [before, after] = [await inodes(three.path), await inodes(four.path)];
  const shared = before.filter(({ ino }) => after.some((other) => other.ino === ino));
  expect(shared.length).toBeGreaterThan(0);
  expect(shared.every(({ nlink }) => nlink === 2)).toBe(true);
  expect(await ownBytes(three)).toBeLessThan(three.bytes);
});

test('when the original is gone, trace, status, rehydrate and verify use the hold and say so', async () => {
  const { keep, location, folder, sources, traced, tables, ledger, run } = await trained();
  const { hold: made } = await keep(4);
  expect((await traced()).links[0]).toMatchObject({ state: 'readable', hold: made.path });
  await rm(location, { recursive: true });

  const found = await traced();
  expect(found.links[0]).toMatchObject({ state: 'unknown', hold: made.path });
  for await (const line of status([], await sources(), { now })) {
    expect(line).toMatchObject({ findings: [], tables: [{ hold: made.path }] });
  }
  const wanted = await wantedOf('models:/m/1', found, tables, {});
  const out = join(folder, 'data');
  const { warnings, tables: written } = await rehydrate(wanted, {
    out,
    asof: '0',
    now: () => now,
  });
  expect(warnings).toMatchObject([{ code: 'HOLD_USED' }]);
  expect(written[0]?.manifest.rows).toBe((await sparkRows('customer_features', 4)).length);
  const checks = await verifyRun(await ledger.runs.get(run.id), await sources(), {});
  expect(checks.map(({ level, outcome }) => [level, outcome])).toEqual([
    ['stamp', 'same'],
    ['log', 'unknown'],
    ['manifest', 'same'],
  ]);
});

test('a version that a table names is taken from its hold only when it is lost', async () => {
  const { keep, location, table, sources } = await trained();
  const { hold: made } = await keep(4);
  const wanted = async () => {
    const options = { now, sources: await sources() };
    return await wantedTable('f', table, { kind: 'version', version: 4 }, undefined, options);
  };
  expect(await wanted()).toMatchObject({ version: 4, table: { location } });
  for (const name of await readdir(location)) {
    if (name.endsWith('.parquet')) await rm(join(location, name));
  }
  expect(await wanted()).toMatchObject({
    version: 0,
    table: { location: made.path },
    hold: { of: 'a.features@v4', state: 'files-lost' },
  });
  // Another table in its place: its version 4 is meant, not the old one's.
  await rm(location, { recursive: true });
  await copyTable('deletion_vectors', location);
  expect(await wanted()).toMatchObject({ version: 4, table: { location } });
});

describe.each([
  { damage: async (path: string) => rm(path, { recursive: true }), why: 'gone' },
  {
    damage: async (path: string) => {
      const [first] = (await readdir(path)).filter((name) => name.endsWith('.parquet'));
      await rm(join(path, first ?? ''));
    },
    why: 'not whole',
  },
])('a hold that is $why itself', ({ damage }) => {
  test('is not counted on', async () => {
    const { keep, traced } = await trained();
    await damage((await keep(4)).hold.path);
    expect((await traced()).links[0]).toMatchObject({ hold: null });
  });

  test('is made again, and forgotten', async () => {
    const { keep, holds, ledger, tables } = await trained();
    const { hold: lost } = await keep(4);
    await damage(lost.path);
    const { hold: made, wasHeld } = await keep(4);
    expect(wasHeld).toBe(false);
    expect(await rowsAt(made.path)).toEqual(await sparkRows('customer_features', 4));
    expect(await holds()).toEqual([made]);
    expect(findHold(made.path, await holds())).toEqual(made);
    await release(made, ledger.journal, tables);
    expect(await holds()).toEqual([]);
  });
});

test('a version whose log was rewritten is held beside what it was before', async () => {
  const { keep, holds, location, table, sources } = await trained();
  const { hold: before } = await keep(2);
  const commit = commitPath(location, 2);
  const lines = (await readFile(commit, 'utf8')).split('\n');
  await writeFile(commit, lines.filter((line) => !line.includes('"add"')).join('\n'));

  const { hold: after, wasHeld } = await keep(2);
  expect(wasHeld).toBe(false);
  expect(await holds()).toEqual([before, after]);
  expect(await rowsAt(before.path)).toEqual(await sparkRows('customer_features', 2));
  expect(await rowsAt(after.path)).toEqual(await sparkRows('customer_features', 1));
  expect(await keep(2)).toEqual({ hold: after, wasHeld: true });

  for (const name of await readdir(location)) {
    if (name.endsWith('.parquet')) await rm(join(location, name));
  }
  const moment = { kind: 'version', version: 2 } as const;
  const options = { now, sources: await sources() };
  expect(await wantedTable('f', table, moment, undefined, options)).toMatchObject({
    version: 0,
    table: { location: after.path },
  });
});

test('holds of two ledgers in one folder leave each other alone', async () => {
  const { keep, folder, ledger, tables, table } = await trained();
  const other = openLedger(join(folder, 'other.db'), () => now);
  const options = { folder: join(folder, 'holds'), tables, asof: '0', now: () => now };
  const wanted = { alias: 'features', table, version: 4 };
  const { hold: first } = await hold(wanted, other.journal, options);
  const { hold: second } = await keep(4);
  expect(second.path).not.toBe(first.path);
  await release(second, ledger.journal, tables);
  expect(await rowsAt(first.path)).toEqual(await sparkRows('customer_features', 4));
  expect(await hold(wanted, other.journal, options)).toEqual({ hold: first, wasHeld: true });

  // Gone, and its place taken.
  await rm(first.path, { recursive: true });
  const { hold: third } = await keep(4);
  expect(third.path).toBe(first.path);
  const { hold: fourth } = await hold(wanted, other.journal, options);
  expect(fourth.path).not.toBe(third.path);
  await release(first, other.journal, tables);
  expect(await rowsAt(third.path)).toEqual(await sparkRows('customer_features', 4));
});

test('of two holds that are made at once neither takes the place of the other', async () => {
  const { keep } = await trained();
  const kept = (await Promise.allSettled([keep(4), keep(4)])).flatMap((result) =>
    result.status === 'fulfilled' ? [result.value.hold] : [],
  );
  expect(new Set(kept.map(({ path }) => path)).size).toBe(kept.length);
  expect(kept).not.toEqual([]);
});

describe('a release', () => {
  test('removes the folder of the hold and nothing else', async () => {
    const { keep, holds, ledger, location, tables } = await trained();
    const before = await readdir(location);
    await keep(3);
    const { hold: made } = await keep(4);
    await release(made, ledger.journal, tables);
    expect((await holds()).map(({ version }) => version)).toEqual([3]);
    await expect(stat(made.path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(location)).toEqual(before);
    const [left] = await holds();
    expect(await rowsAt(left?.path ?? '')).toEqual(await sparkRows('customer_features', 3));
    expect(await rowsAtVersion(location, 4)).toBeGreaterThan(0);
  });

  test('stops at what asof did not put there', async () => {
    const { keep, holds, ledger, tables } = await trained();
    const { hold: made } = await keep(4);
    await mkdir(join(made.path, 'mine'));
    await writeFile(join(made.path, 'mine', 'notes.txt'), 'mine');
    await expect(release(made, ledger.journal, tables)).rejects.toMatchObject({
      code: 'OUTPUT_NOT_OURS',
    });
    expect(await holds()).toEqual([made]);
    expect((await stat(made.path)).isDirectory()).toBe(true);
  });

  test('of a hold whose folder is gone forgets it', async () => {
    const { keep, holds, ledger, tables } = await trained();
    const { hold: made } = await keep(4);
    await rm(made.path, { recursive: true });
    expect(await ownBytes(made)).toBeUndefined();
    await release(made, ledger.journal, tables);
    expect(await holds()).toEqual([]);
  });
});

test('a hold is found by the beginning of its id, or its folder, if that is one', async () => {
  const { keep } = await trained();
  const all = [(await keep(3)).hold, (await keep(4)).hold];
  const [first] = all;
  if (first === undefined) throw new Error('two holds');
  expect(findHold(first.id.slice(0, 8), all)).toBe(first);
  expect(findHold(first.path, all)).toBe(first);
  for (const text of ['', 'none', 'zz']) {
    expect(() => findHold(text, all)).toThrow(expect.objectContaining({ code: 'HOLD_NOT_FOUND' }));
  }
});

async function rowsAtVersion(location: string, version: number) {
  const tables = connectTables({ tables: {} }, { cwd: location });
  const { snapshots, reader } = tables.open(parseTableName(location));
  let rows = 0;
  for await (const batch of reader.rows(await snapshots.at(version))) rows += batch.rowCount;
  return rows;
}

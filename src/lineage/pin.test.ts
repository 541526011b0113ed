import { expect, test } from 'vitest';
import { aFile, tableId } from '../../test/support/builders.ts';
import { digestOf, fakeTable, threeVersions } from '../../test/support/fake-tables.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { Moment } from '../delta/table-ref.ts';
import { type PinRequest, pinTables } from './pin.ts';

const latest = { kind: 'latest' } as const;
const request = (table: DeltaTable, moment: Moment = latest): PinRequest => ({
  alias: table.name,
  table,
  moment,
});

/** A table that others write to: each time it is asked for its latest version it has moved on, until it stands still. */
function moving(name: string, times: number) {
  const versions = Array.from({ length: times + 1 }, () => ({ at: '2026-03-01T00:00:00.000Z' }));
  const table = fakeTable({ name, versions });
  const asked: Moment[] = [];
  const { resolve } = table.history;
  const history: DeltaTable['history'] = {
    ...table.history,
    resolve(moment, options) {
      const seen = asked.push(moment) - 1;
      const version = Math.min(seen, times);
      return resolve(moment.kind === 'latest' ? { kind: 'version', version } : moment, options);
    },
  };
  return { table: { ...table, history }, asked };
}

test('a table is pinned with all that tells it from any other', async () => {
  const table = fakeTable({
    versions: [
      ...threeVersions,
      { at: '2026-03-09T00:00:00.000Z', files: [aFile({ stats: '{"numRecords":7}' })] },
    ],
  });
  expect(await pinTables([{ alias: 'f', table, moment: latest }])).toEqual([
    {
      alias: 'f',
      ref: 'analytics.features',
      location: '/tables/features',
      tableId,
      version: 3,
      committedAt: Date.parse('2026-03-09T00:00:00.000Z'),
      digest: await digestOf(table, 3),
      rows: 7,
    },
  ]);
});

test.each([
  { moment: { kind: 'version', version: 0 }, version: 0 },
  { moment: { kind: 'instant', instant: Date.parse('2026-03-02T12:00:00Z') }, version: 1 },
  { moment: latest, version: 2 },
] as const)('a moment of $moment.kind is resolved', async ({ moment, version }) => {
  expect(await pinTables([request(fakeTable(), moment)])).toMatchObject([{ version }]);
});

test('what is not known is left out', async () => {
  const { stats: _, ...silent } = aFile();
  const [pin] = await pinTables([request(fakeTable({ versions: [{ files: [silent] }] }))]);
  expect(pin).not.toHaveProperty('committedAt');
  expect(pin).not.toHaveProperty('rows');
});

test('pins come in the order of the requests', async () => {
  const tables = ['c', 'a', 'b'].map((name) => fakeTable({ name }));
  const pins = await pinTables(tables.map((table) => request(table)));
  expect(pins.map(({ alias }) => alias)).toEqual(['c', 'a', 'b']);
});

test('one table alone is asked once: no other can move meanwhile', async () => {
  const { table, asked } = moving('a', 5);
  expect(await pinTables([request(table)])).toMatchObject([{ version: 0 }]);
  expect(asked).toHaveLength(1);
});

test('two tables that stand still are asked twice', async () => {
  const [one, other] = [moving('a', 0), moving('b', 0)];
  await pinTables([request(one.table), request(other.table)]);
  expect([one.asked.length, other.asked.length]).toEqual([2, 2]);
});

test('tables with versions of their own are asked once', async () => {
  const [one, other] = [moving('a', 5), moving('b', 5)];
  const moment = { kind: 'version', version: 2 } as const;
  const pins = await pinTables([request(one.table, moment), request(other.table, moment)]);
  expect(pins).toMatchObject([{ version: 2 }, { version: 2 }]);
  expect([one.asked.length, other.asked.length]).toEqual([1, 1]);
});

test.each([1, 2, 5, 9])(
  'when one moves %d times, all are read again until none did',
  async (times) => {
    const [busy, quiet] = [moving('busy', times), moving('quiet', 0)];
    const pins = await pinTables([request(busy.table), request(quiet.table)]);
    expect(pins).toMatchObject([{ version: times }, { version: 0 }]);
    // The last two readings of both are equal.
    expect(busy.asked.length).toBe(times + 2);
    expect(quiet.asked.length).toBe(times + 2);
  },
);

test('one that moves each time makes an error that names those that could', async () => {
  const busy = moving('busy', 1000);
  const fixed = request(moving('fixed', 5).table, { kind: 'version', version: 1 });
  const requests = [request(busy.table), request(moving('quiet', 0).table), fixed];
  await expect(pinTables(requests)).rejects.toMatchObject({
    code: 'PIN_UNSTABLE',
    details: { tables: ['busy', 'quiet'], tries: 10 },
  });
  expect(busy.asked).toHaveLength(11);
});

test('a failure of one table is the failure of all', async () => {
  const requests = [request(fakeTable()), request(fakeTable(), { kind: 'version', version: 9 })];
  await expect(pinTables(requests)).rejects.toMatchObject({ code: 'VERSION_TOO_NEW' });
});

import { expect, test } from 'vitest';
import { aField, aSchema } from '../../../test/support/builders.ts';
import { LineageError } from '../../base/errors.ts';
import type { SqlRow, SqlSession } from './sql-session.ts';
import { warehouseReader } from './warehouse-reader.ts';

const factsOf = (...columns: readonly string[]) => ({
  version: 3,
  tableId: 'x',
  schema: aSchema(...columns.map((name) => aField(name, 'long'))),
});
const lost = () => new LineageError('WAREHOUSE_UNREACHABLE', { host: 'w', problem: 'cut' });

/** A table of the numbers below 10, whose first streams end early with what they are given. */
function aSession(failures: readonly unknown[], counted = 10) {
  const statements: string[] = [];
  const left = [...failures];
  const session: SqlSession = {
    title: 'w',
    query: async () => [{ n: String(counted) }],
    async *stream(sql) {
      statements.push(sql);
      const start = Number(/OFFSET (\d+)$/.exec(sql)?.[1] ?? 0);
      const row = (id: number): SqlRow => ({ asof_c0: BigInt(id) });
      const rest = Array.from({ length: 10 - start }, (_, index) => row(start + index));
      const failure = left.shift();
      yield rest.slice(0, 4);
      if (failure !== undefined) throw failure;
      yield rest.slice(4);
    },
    close: async () => {},
  };
  return { session, statements };
}

async function idsOf({ session }: ReturnType<typeof aSession>, facts = factsOf('id')) {
  const reader = warehouseReader(session, ['s', 't'], 's.t', () => Promise.reject(new Error('no')));
  const ids: unknown[] = [];
  for await (const batch of reader.rows(facts)) ids.push(...batch.values(0));
  return ids;
}

const all = Array.from({ length: 10 }, (_, id) => BigInt(id));

test('rows that were not read when the connection was lost are asked for again, and no others', async () => {
  const table = aSession([lost()]);
  expect(await idsOf(table)).toEqual(all);
  expect(table.statements.map((sql) => /OFFSET \d+$/.exec(sql)?.[0])).toEqual([
    undefined,
    'OFFSET 4',
  ]);
});

test('a connection that is lost again and again is given up when no rows come between', async () => {
  const offsets = ({ statements }: ReturnType<typeof aSession>) =>
    statements.map((sql) => Number(/OFFSET (\d+)$/.exec(sql)?.[1] ?? 0));
  const slow = aSession([lost(), lost(), lost(), lost()]);
  expect(await idsOf(slow)).toEqual(all);
  expect(offsets(slow)).toEqual([0, 4, 8, 10, 10]);
  const dead = aSession([lost(), lost(), lost(), lost(), lost()]);
  await expect(idsOf(dead)).rejects.toMatchObject({ code: 'WAREHOUSE_UNREACHABLE' });
  expect(offsets(dead)).toEqual([0, 4, 8, 10, 10]);
}, 30_000);

test('what is no loss of the connection is not tried again', async () => {
  const table = aSession([
    new LineageError('WAREHOUSE_LOGIN_REFUSED', { host: 'w', using: 'x', problem: 'x' }),
  ]);
  await expect(idsOf(table)).rejects.toMatchObject({ code: 'WAREHOUSE_LOGIN_REFUSED' });
  expect(table.statements).toHaveLength(1);
});

test('fewer rows than the warehouse counts are not taken for all', async () => {
  await expect(idsOf(aSession([], 11))).rejects.toMatchObject({
    code: 'ROWS_MISCOUNTED',
    details: { rows: 10, expected: 11 },
  });
});

test('rows are in the order of their files also where a column has the name of that of the files', async () => {
  const table = aSession([]);
  await idsOf(table, factsOf('_Metadata', '__metadata'));
  expect(table.statements[0]).toContain(' ___metadata.file_path AS asof_path');
});

test('a filter of a name alone is no list of names', async () => {
  const { session, statements } = aSession([]);
  const reader = warehouseReader(session, ['s', 't'], 's.t', () => Promise.reject(new Error('no')));
  const facts = { ...factsOf(), schema: aSchema(aField('id', 'long'), aField('ok', 'boolean')) };
  for await (const _ of reader.rows(facts, { selection: { columns: ['id'], where: 'ok' } }));
  expect(statements[0]).toMatch(/ WHERE true AND \(\nok\n\)/);
});

import { describe, expect, test } from 'vitest';
import { type FakeTableOptions, fakeTable, threeVersions } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import { bothEngines } from './both-engines.ts';

const latest = { kind: 'latest' } as const;
const log = fakeTable({ location: '/data/t' });
const both = (warehouse: FakeTableOptions, found = log) =>
  bothEngines(fakeTable({ location: 'databricks://w/t', ...warehouse }), async () => found, 'w');

describe('a table that both engines know', () => {
  test('is told by both to be at the same version, and its files come from the log', async () => {
    const table = both({});
    expect(await table.history.resolve(latest)).toMatchObject({ version: 2 });
    expect(await table.facts.at(2)).toMatchObject({ version: 2, location: '/data/t' });
    expect((await table.snapshots.at(2)).version).toBe(2);
  });

  test.each([
    ['another table id', (table: ReturnType<typeof both>) => table.facts.at(1), { id: 'other' }],
    [
      'fewer versions',
      (table: ReturnType<typeof both>) => table.history.resolve(latest),
      { versions: threeVersions.slice(0, 2) },
    ],
    [
      'more versions than the log ever gets',
      (table: ReturnType<typeof both>) => table.history.resolve(latest),
      { versions: [...threeVersions, {}] },
    ],
  ])('is refused with %s', async (_, ask, warehouse) => {
    await expect(ask(both(warehouse))).rejects.toMatchObject({ code: 'ENGINES_DISAGREE' });
  });

  test('is the same in versions from before it was replaced, of which the warehouse tells the id of today', async () => {
    const [first = {}, ...others] = threeVersions;
    const found = fakeTable({
      location: '/data/t',
      versions: [{ ...first, id: 'old' }, ...others],
    });
    expect(await both({}, found).facts.at(0)).toMatchObject({ tableId: 'old' });
    await expect(both({ id: 'other' }, found).facts.at(0)).rejects.toMatchObject({
      code: 'ENGINES_DISAGREE',
    });
  });

  test('may grow between the two answers', async () => {
    const growing = {
      ...log,
      history: {
        ...log.history,
        resolve: async () => ({ version: looks++ < 1 ? 2 : 3, isLatest: true }),
      },
    };
    let looks = 0;
    const table = both({ versions: [...threeVersions, {}] }, growing);
    expect(await table.history.resolve(latest)).toMatchObject({ version: 3 });
  });

  test('is the log alone where the warehouse has no such table, or refuses the version', async () => {
    const details = { table: 't', host: 'w', problem: 'no.' };
    const unknown = both({ failure: new LineageError('TABLE_NOT_IN_WAREHOUSE', details) });
    expect(await unknown.history.resolve(latest)).toMatchObject({ version: 2 });
    const refusal = new LineageError('VERSION_REFUSED', {
      table: 't',
      version: 0,
      retention: '1 d',
    });
    expect(await both({ failures: { 0: refusal } }).facts.at(0)).toMatchObject({ version: 0 });
  });

  test('is not used without the warehouse when that can not be asked', async () => {
    const details = { host: 'w', problem: 'down' };
    const table = both({ failure: new LineageError('WAREHOUSE_UNREACHABLE', details) });
    await expect(table.history.resolve(latest)).rejects.toMatchObject({
      code: 'WAREHOUSE_UNREACHABLE',
    });
  });

  test('is the warehouse alone where its files can not be reached', async () => {
    const table = bothEngines(fakeTable({ name: 'w.t' }), async () => undefined, 'w');
    expect(await table.history.resolve(latest)).toMatchObject({ version: 2 });
    expect(await table.facts.at(2)).not.toHaveProperty('location');
  });
});

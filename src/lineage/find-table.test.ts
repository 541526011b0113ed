import { expect, test } from 'vitest';
import { tableId } from '../../test/support/builders.ts';
import { fakeTable, fakeTables } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import { findTable } from './find-table.ts';

const gone = new LineageError('TABLE_NOT_FOUND', { location: '/gone' });
const tables = fakeTables(
  fakeTable({ name: 'a.same', location: '/same' }),
  fakeTable({ name: 'a.other', location: '/other', id: 'other' }),
  fakeTable({ name: 'a.gone', location: '/gone', failure: gone }),
);
const found = async (places: readonly string[], id?: string) => {
  const result = await findTable(places, id, tables, {});
  return 'failure' in result
    ? result.failure.code
    : { location: result.table.location, isSame: result.isSame, version: result.latest.version };
};

test.each([
  { places: ['a.same'], location: '/same', isSame: true, why: 'the first place' },
  { places: ['a.other', '/same'], location: '/same', isSame: true, why: 'the one with the id' },
  { places: ['a.gone', '/same'], location: '/same', isSame: true, why: 'the one that is there' },
  {
    places: ['a..b', 'a.x', '/same'],
    location: '/same',
    isSame: true,
    why: 'the one that can be looked up',
  },
  {
    places: ['a.other', 'a.gone'],
    location: '/other',
    isSame: false,
    why: 'any, if none has the id',
  },
])('of several places it is $why', async ({ places, location, isSame }) => {
  expect(await found(places, tableId)).toEqual({ location, isSame, version: 2 });
});

test('without an id it is the first that is there', async () => {
  expect(await found(['a.gone', 'a.other', 'a.same'])).toMatchObject({
    location: '/other',
    isSame: true,
  });
});

test('if none is there, it says why the first is not', async () => {
  expect(await found(['a.gone', 'a.x'], tableId)).toBe('TABLE_NOT_FOUND');
  expect(await found(['a.x', 'a.gone'], tableId)).toBe('TABLE_NAME_UNKNOWN');
  expect(await found(['a..b'], tableId)).toBe('REF_INVALID');
});

import { expect, test } from 'vitest';
import { fakeTable, fakeTables } from '../test/support/fake-tables.ts';
import { pinRequests, readSpecs } from './inputs.ts';
import { columnList, integer } from './options.ts';

const tables = fakeTables(fakeTable({ name: 'a.f' }), fakeTable({ name: 'b.f', location: '/b' }));
const parse = { columns: columnList, seed: integer };

test('tables are named by their alias, with the moment that is meant', () => {
  expect(pinRequests(['x=a.f@v0', 'b.f'], tables)).toMatchObject([
    { alias: 'x', table: { name: 'a.f' }, moment: { kind: 'version', version: 0 } },
    { alias: 'f', table: { name: 'b.f' }, moment: { kind: 'latest' } },
  ]);
});

test.each([
  { texts: ['a.f', 'b.f'], why: 'the same default' },
  { texts: ['x=a.f', 'x=b.f'], why: 'the same name' },
  { texts: ['x=a.f', 'X=b.f'], why: 'names that differ in their case' },
])('two tables can not be called the same: $why', ({ texts }) => {
  expect(() => pinRequests(texts, tables)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({ option: '--table' }),
    }),
  );
});

test('what is read of one table needs no alias', () => {
  const options = { columns: ['a,b'], where: ['a = 1'], split: ['80/20'], seed: ['0'] };
  expect(readSpecs(['f'], options, parse)).toEqual({
    f: { columns: ['a', 'b'], where: 'a = 1', split: '80/20', seed: 0 },
  });
  expect(readSpecs(['f'], {}, parse)).toEqual({});
});

test('of several tables each begins with its alias', () => {
  const options = { columns: ['f=a', 'labels=b,c'], where: ['labels=x = 1'] };
  expect(readSpecs(['f', 'labels'], options, parse)).toEqual({
    f: { columns: ['a'] },
    labels: { columns: ['b', 'c'], where: 'x = 1' },
  });
});

test.each([
  { options: { where: ['a = 1'] }, option: '--where a = 1' },
  { options: { columns: ['other=a'] }, option: '--columns other=a' },
])('without one it is refused: $option', ({ options, option }) => {
  expect(() => readSpecs(['f', 'labels'], options, parse)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: { option, problem: expect.stringContaining('f=, labels=') },
    }),
  );
});

import { expect, test } from 'vitest';
import { closest } from './closest.ts';

test.each([
  {
    name: 'custmer',
    candidates: ['orders', 'customer'],
    found: 'customer',
    why: 'a letter left out',
  },
  {
    name: 'PRODUCTION',
    candidates: ['Production'],
    found: 'Production',
    why: 'another letter case',
  },
  { name: 'ab', candidates: ['ba'], found: 'ba', why: 'two letters swapped in a short name' },
  {
    name: 'churn',
    candidates: ['churns', 'churn'],
    found: 'churn',
    why: 'the same name before a near one',
  },
  {
    name: 'tables',
    candidates: ['table1', 'table2'],
    found: 'table1',
    why: 'of two as near the first',
  },
  { name: 'x', candidates: [''], found: '', why: 'even the empty name, where it is near' },
  { name: 'größe', candidates: ['GRÖSSE', 'GRÖßE'], found: 'GRÖßE', why: 'letters beyond ASCII' },
])('$why is found', ({ name, candidates, found }) => {
  expect(closest(name, candidates)).toBe(found);
});

test.each([
  { name: 'churn', candidates: [], why: 'there is no candidate' },
  { name: 'churn', candidates: ['billing'], why: 'most letters differ' },
  { name: 'abcdefghi', candidates: ['abcde'], why: 'more than a third of the letters differ' },
  { name: 'abc', candidates: ['xyz'], why: 'three letters of three differ' },
])('nothing is found where $why', ({ name, candidates }) => {
  expect(closest(name, candidates)).toBeUndefined();
});

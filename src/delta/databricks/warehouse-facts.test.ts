import { expect, test } from 'vitest';
import type { TableHistory } from '../table-history.ts';
import type { SqlSession } from './sql-session.ts';
import { warehouseFacts } from './warehouse-facts.ts';

const history: TableHistory = {
  async *commits() {},
  resolve: async () => ({ version: 0, isLatest: true }),
};

test.each([
  ['file:/tables/t', '/tables/t'],
  ['file:///tables/t', '/tables/t'],
  ['file:/tables/ü 100%25?x#y', '/tables/ü 100%25?x#y'],
  ['s3://bucket/t%20x', 's3://bucket/t%20x'],
])('a location %s is the folder or URL %s', async (location, expected) => {
  const session: SqlSession = {
    title: 'w',
    query: async () => [{ location }],
    async *stream() {},
    close: async () => {},
  };
  expect(await warehouseFacts(session, ['s', 't'], 's.t', history).location()).toBe(expected);
});

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { copyTable, temporaryFolder } from '../test/support/tables.ts';
import { connectTables } from './connect-tables.ts';
import { parseTableName } from './delta/table-ref.ts';

const cwd = '/work';
const tables = connectTables(
  {
    tables: {
      'analytics.features': '/data/features',
      'main.my.schema.t': '/data/odd',
      'analytics.bucket': 's3://bucket/t',
      single: '/data/single',
    },
  },
  { cwd },
);
const open = (text: string) => {
  const { name, location } = tables.open(parseTableName(text));
  return { name, location };
};

describe('a table', () => {
  test.each([
    { text: 'analytics.features', name: 'analytics.features', location: '/data/features' },
    { text: 'Analytics.FEATURES', name: 'Analytics.FEATURES', location: '/data/features' },
    {
      text: 'spark_catalog.analytics.features',
      name: 'spark_catalog.analytics.features',
      location: '/data/features',
    },
    { text: '`analytics`.`features`', name: 'analytics.features', location: '/data/features' },
    { text: 'main.`my.schema`.t', name: 'main.`my.schema`.t', location: '/data/odd' },
    { text: 'single', name: 'single', location: '/data/single' },
    { text: './t', name: '/work/t', location: '/work/t' },
    { text: '/data/t', name: '/data/t', location: '/data/t' },
    { text: 'file:///data/a%20b', name: '/data/a b', location: '/data/a b' },
    { text: pathToFileURL('/data/%').href, name: '/data/%', location: '/data/%' },
  ])('$text lies at $location', ({ text, name, location }) => {
    expect(open(text)).toEqual({ name, location });
  });

  test('has a name by which it is found again', () => {
    for (const text of ['Analytics.FEATURES', 'main.`my.schema`.t', './t']) {
      expect(open(open(text).name)).toEqual(open(text));
    }
  });

  test.each([
    { text: 'analytics.feature', closest: 'analytics.features' },
    { text: 'other', closest: undefined },
  ])('of a name that is not known is an error, with the nearest: $text', ({ text, closest }) => {
    expect(() => open(text)).toThrow(
      expect.objectContaining({
        code: 'TABLE_NAME_UNKNOWN',
        details: { name: text, closest },
      }),
    );
  });

  test('of a name that is a folder here is an error that names the folder', async () => {
    const cwd = await temporaryFolder();
    await copyTable('empty', join(cwd, 'customers'));
    expect(() => connectTables({ tables: {} }, { cwd }).open(parseTableName('customers'))).toThrow(
      expect.objectContaining({
        details: { name: 'customers', closest: './customers' },
      }),
    );
  });

  test.each([
    { text: 's3://bucket/t', scheme: 's3:' },
    { text: 'abfss://c@a.dfs.core.windows.net/t', scheme: 'abfss:' },
    { text: 'GS://bucket/t', scheme: 'gs:' },
    { text: 'analytics.bucket', scheme: 's3:' },
  ])('in a store that is not supported is named: $text', ({ text, scheme }) => {
    expect(() => open(text)).toThrow(
      expect.objectContaining({
        code: 'STORE_UNSUPPORTED',
        details: expect.objectContaining({ scheme }),
      }),
    );
  });
});

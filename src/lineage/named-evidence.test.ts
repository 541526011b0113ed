import { describe, expect, test } from 'vitest';
import { namedEvidence, namedPlaces } from './named-evidence.ts';

const found = (
  values: Readonly<Record<string, string>>,
  names?: Parameters<typeof namedEvidence>[3],
) => namedEvidence('param', values, [], names).evidence.map(({ ref, version }) => [ref, version]);

test.each([
  { values: { delta_path: '/data/t', delta_version: '0' }, why: 'a path' },
  { values: { table_name: 'a.t', table_version: '0' }, ref: 'a.t', why: 'a name' },
  { values: { training_data: '/data/t', training_data_version: '0' }, why: 'the thing itself' },
  { values: { 'data.path': '/data/t', 'data.version': '0' }, why: 'dots' },
  { values: { 'data-path': '/data/t', 'data-version': '0' }, why: 'hyphens' },
  { values: { featureTable: 'a.t', featureTableVersion: '0' }, ref: 'a.t', why: 'camel case' },
  { values: { dataTableName: 'a.t', dataVersion: '0' }, ref: 'a.t', why: 'a longer name' },
  { values: { 'data/path': '/data/t', 'data/version': '0' }, why: 'slashes' },
  { values: { train_path: '/data/t', train_version_as_of: '0' }, why: "Spark's option" },
  { values: { trainPath: '/data/t', trainVersionAsOf: '0' }, why: "Spark's option in camel case" },
  { values: { path: '/data/t', version: '0' }, why: 'names as short as can be' },
  { values: { training_data: '/data/t@v0' }, why: 'both in one' },
  { values: { latest_data: '/data/t@v0' }, why: 'a name with other words in its words' },
  { values: { training_data: 'a.t VERSION AS OF 0' }, ref: 'a.t', why: 'the words of SQL' },
  { values: { query: 'SELECT * FROM delta.`/data/t` VERSION AS OF 0 WHERE x > 1' }, why: 'SQL' },
])('a table with its version, by $why', ({ values, ref = '/data/t' }) => {
  expect(found(values as Record<string, string>)).toEqual([[ref, 0]]);
});

test.each([
  { model_path: '/models/m', model_version: '3' },
  { python_version: '3.11', python_path: '/usr/bin' },
  { data_source: 'warehouse', data_source_version: '3' },
  { sklearn_version: '1.9.1' },
  { modelPath: '/models/m', modelVersion: '3' },
  { dataconversion: '3', datacon: '/data/t' },
  { note: 'see a.t@v3' },
  { 'mlflow.data_path': '/data/t', 'mlflow.data_version': '3' },
  { path: 's3://models/m', version: '3' },
  { path: 'model', version: '3' },
  { note: 'SELECT * FROM a.t VERSION AS OF 3' },
  { output_table: 'a.t', output_table_version: '3' },
  { test_data_path: '/data/t', test_data_version: '3' },
  { validationTable: 'a.t', validationTableVersion: '3' },
  { 'predictions.table': 'a.t@v3' },
  { eval_query: 'SELECT * FROM a.t VERSION AS OF 3' },
])('what is about something else gives none: %o', (values) => {
  expect(found(values as Record<string, string>)).toEqual([]);
});

test('a pair of names of a team is found by its pattern, for each text that the star stands for', () => {
  const values = {
    in_a_at: '/data/a',
    in_a_rev: '1',
    in_b_at: '/data/b',
    in_b_rev: '0',
    x_rev: '7',
  };
  const pairs = [{ table: 'in_*_at', version: 'in_*_rev' }];
  expect(found(values, { pairs, refs: [] })).toEqual([
    ['/data/a', 1],
    ['/data/b', 0],
  ]);
});

test.each([
  '["a.t@v1", "/data/u,w@v0"]',
  "['a.t@v1', '/data/u,w@v0']",
  'a.t@v1, /data/u,w@v0',
  'a.t@v1;/data/u,w@v0 ',
])('each table of a list is found: %s', (tables) => {
  expect(found({ feature_tables: tables })).toEqual([
    ['a.t', 1],
    ['/data/u,w', 0],
  ]);
});

test.each([
  'a.t@v1, b.u',
  'a.t@v1, and others',
  '["a.t@v1", "b.u@v',
  'a.t@v1,'.padEnd(494, ' ').concat('b.u@v2'),
])('a list that is not one of tables with versions, or was cut, gives none: %s', (tables) => {
  expect(found({ feature_tables: tables })).toEqual([]);
});

test.each([
  { 'sales.orders_version': '3' },
  { 'sales.orders.version': 'v3' },
  { table_versions: '{"sales.orders": 3}' },
  { versions: "{'sales.orders': 3}" },
  { 'data_versions.sales.orders': '3' },
])(
  'a version whose name holds that of a table is one of a place, which may be such a table: %o',
  (values) => {
    const { evidence } = namedEvidence('param', values as Record<string, string>, []);
    expect(evidence).toMatchObject([{ ref: 'sales.orders', version: 3, isPlace: true }]);
  },
);

test.each([
  { 'sales.orders_version': '4.2' },
  { 'orders.version': '3' },
  { 'sales.orders': '3' },
  { table_versions: '{"orders": 3}' },
  { row_counts: '{"sales.orders": 3}' },
  { 'data/train_version': '3' },
  { eval_versions: '{"sales.orders": 3}' },
])('a number or a name that is none is no such place: %o', (values) => {
  expect(found(values as Record<string, string>)).toEqual([]);
});

test('tables of a list without versions are places that may be looked at', () => {
  expect(namedPlaces('param', { feature_tables: "['a.t', 'b.u']" })).toMatchObject([
    { where: 'param feature_tables.0', ref: 'a.t' },
    { where: 'param feature_tables.1', ref: 'b.u' },
  ]);
  expect(namedPlaces('param', { features: "['customer.age', 'customer.name']" })).toEqual([]);
});

test('a value with its version is found under the names that are configured', () => {
  const values = { lineage: 't@v4', other: 't@v5' };
  expect(found(values, { pairs: [], refs: ['line*'] })).toEqual([['t', 4]]);
});

test('a version alone is kept apart, for the one table that something else names', () => {
  const { evidence, unnamed } = namedEvidence('tag', { delta_version: '0' }, []);
  expect(evidence).toEqual([]);
  expect(unnamed).toMatchObject([{ where: 'tag delta_version', version: 0 }]);
  expect(namedEvidence('tag', { datasetVersion: '4' }, []).unnamed).toMatchObject([{ version: 4 }]);
});

test.each([
  { values: { training_data: '{"path": "/data/t", "version": 0}' }, why: 'JSON' },
  { values: { training_data: "{'path': '/data/t', 'version': 0, 'note': None}" }, why: 'a dict' },
  { values: { config: '{"data":{"table":"/data/t","version":"0"},"lr":0.1}' }, why: 'a member' },
  { values: { inputs: '[{"table":"/data/t","version":0}]' }, why: 'one in a list' },
  { values: { features: "['/data/t@v0', None]" }, why: 'a list' },
  { values: { path: '/data/t@v0' }, why: 'a bare name' },
])('members of an object count like names of their own: $why', ({ values }) => {
  expect(found(values as Record<string, string>)).toEqual([['/data/t', 0]]);
});

test.each([
  { training_data: '{"path": "/data/t", "version": 0' },
  { training_data: `{'path': '/data/t', 'version': 0, 'note': "it's"}` },
  { training_data: '["/data/t", 0]' },
  { config: '{"a":{"b":{"c":{"data_path":"/data/t","data_version":0}}}}' },
])('of what is no such object, or goes too deep, none do: %o', (values) => {
  expect(found(values as Record<string, string>)).toEqual([]);
});

describe('a moment', () => {
  const instant = Date.parse('2026-01-31T10:00:00Z');
  const text = '2026-01-31T11:00:00+01:00';
  test.each([
    { values: { train_table: 'a.t', train_timestamp_as_of: text }, ref: 'a.t' },
    { values: { trainPath: '/data/t', trainTimestampAsOf: text }, ref: '/data/t' },
    { values: { 'data/path': '/data/t', 'data/as_of': '2026-01-31 10:00:00Z' }, ref: '/data/t' },
    { values: { path: '/data/t', timestampAsOf: text }, ref: '/data/t' },
    { values: { training_data: `a.t@${text}` }, ref: 'a.t' },
    { values: { data: `{'path': '/data/t', 'timestamp_as_of': '${text}'}` }, ref: '/data/t' },
  ])('with a time zone is a record: %o', ({ values, ref }) => {
    const { evidence } = namedEvidence('param', values as Record<string, string>, []);
    expect(evidence).toMatchObject([{ ref, instant }]);
    expect(evidence[0]).not.toHaveProperty('version');
  });

  test.each(['2026-01-31', '2026-01-31 10:00:00', 'yesterday', '1769853600', ''])(
    'that is not the same everywhere is none, and that is said: %o',
    (moment) => {
      const values = { train_table: 'a.t', train_timestamp_as_of: moment };
      const { evidence, warnings } = namedEvidence('param', values, []);
      expect(evidence).toEqual([]);
      expect(warnings).toMatchObject([{ code: 'VERSION_UNREADABLE' }]);
    },
  );

  test('of something else is none', () => {
    const values = { train_table: 'a.t', train_timestamp: text, model_as_of: text, as_of: text };
    const { evidence, warnings } = namedEvidence('param', values, []);
    expect([evidence, warnings]).toEqual([[], []]);
  });
});

test('a table with a version of its own is that table, and both versions are told', () => {
  const values = { feature_table: 'a.t@v4', feature_table_version: '0' };
  expect(namedEvidence('param', values, []).evidence).toEqual([
    { kind: 'param', where: 'param feature_table_version', ref: 'a.t', version: 0 },
    { kind: 'param', where: 'param feature_table', ref: 'a.t', version: 4 },
  ]);
});

test('a version is not read from SQL that MLflow may have cut within it', () => {
  const sql = `SELECT ${'c'.repeat(300)} FROM a.t VERSION AS OF 12`;
  const cut = (length: number) => `${sql} `.padEnd(length, 'x').slice(0, length);
  expect(found({ query: cut(501) })).toEqual([['a.t', 12]]);
  expect(found({ query: cut(500) })).toEqual([]);
});

test.each([
  { values: { feature_table: 'a.t' }, ref: 'a.t' },
  { values: { training_data: 'a.t' }, ref: 'a.t' },
  { values: { data_path: '/data/t' }, ref: '/data/t' },
  { values: { 'train/uri': 'file:///data/t' }, ref: 'file:///data/t' },
  { values: { path: '/data/t/part-0.parquet' }, ref: '/data/t/part-0.parquet' },
  { values: { query: 'select a from a.t' }, ref: 'a.t' },
])('what names a table and no version is a place to look at: %o', ({ values, ref }) => {
  const all = values as Record<string, string>;
  expect(found(all)).toEqual([]);
  expect(namedPlaces('tag', all)).toMatchObject([
    { kind: 'tag', ref, isPlace: true, isVersionless: true },
  ]);
});

test.each([
  { output_table: 'a.t' },
  { test_data: '/data/t' },
  { data_path: '/data/train.csv' },
  { feature: 'age' },
  { feature_selection: 'sklearn.feature_selection' },
  { data_loader: 'torch.utils.data' },
  { model_path: '/models/m' },
  { learning_rate: '0.1' },
])('what is no input, or can be no table, is none: %o', (values) => {
  expect(namedPlaces('param', values as Record<string, string>)).toEqual([]);
});

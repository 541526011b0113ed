import { expect, test } from 'vitest';
import { placesIn, tablesInSql } from './wire-dataset-source.ts';

const places = (sourceType: string, source: unknown) =>
  placesIn({ name: 'd', digest: '1', sourceType, source: JSON.stringify(source) }).map(
    ({ ref }) => ref,
  );

test.each([
  { type: 'spark', source: { path: 'file:///data/t' }, refs: ['file:///data/t'] },
  { type: 'spark', source: { table_name: 'churn' }, refs: ['churn'] },
  { type: 'local', source: { uri: '/data/t/part-0.parquet' }, refs: ['/data/t/part-0.parquet'] },
  { type: 's3', source: { uri: 's3://b/t' }, refs: ['s3://b/t'] },
  {
    type: 'hugging_face',
    source: { path: 'parquet', data_files: { train: ['/data/t/a.parquet'] }, split: 'None' },
    refs: ['/data/t/a.parquet'],
  },
  { type: 'hugging_face', source: { path: 'squad' }, refs: [] },
  { type: 'code', source: { tags: { path: '/data/t' } }, refs: [] },
])('$type names the places $refs', ({ type, source, refs }) => {
  expect(places(type, source)).toEqual(refs);
});

test.each([
  { sql: 'SELECT * FROM a.t', tables: [['a.t', undefined]] },
  { sql: 'select * from delta.`/data/t` VERSION AS OF 0', tables: [['/data/t', 0]] },
  {
    sql: 'SELECT * FROM a.t@v3 JOIN b.u FOR VERSION AS OF 4 ON x',
    tables: [
      ['a.t', 3],
      ['b.u', 4],
    ],
  },
  { sql: 'SELECT * FROM range(10)', tables: [] },
  { sql: 'SELECT * FROM (SELECT 1)', tables: [] },
])('SQL names tables: $sql', ({ sql, tables }) => {
  expect(tablesInSql(sql).map(({ ref, version }) => [ref, version])).toEqual(tables);
});

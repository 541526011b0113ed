import { expect, test } from 'vitest';
import { profileOf, recordedColumns } from './wire-profile.ts';

test.each([
  {
    profile: '{"num_rows": 50, "num_elements": 100}',
    found: { rows: 50, isSpark: false },
    why: 'pandas',
  },
  { profile: '{"approx_count": 30}', found: { rows: 30, isSpark: true }, why: 'Spark' },
  {
    profile: '{"approx_count": "undefined"}',
    found: { isSpark: true },
    why: 'Spark, uncounted',
  },
  {
    profile: '{"features_shape": [30, 2], "features_size": 60}',
    found: { rows: 30, isSpark: false },
    why: 'numpy',
  },
  {
    profile: '{"features_shape": {"a": [30, 2]}}',
    found: { rows: 30, isSpark: false },
    why: 'numpy by name',
  },
  { profile: '{"num_rows": 0}', found: { rows: 0, isSpark: false }, why: 'no rows' },
  { profile: '{"num_rows": -1}', found: { isSpark: false }, why: 'a count below 0' },
  { profile: '{"num_rows": "many"}', found: { isSpark: false }, why: 'a count that is none' },
  { profile: 'null', found: { isSpark: false }, why: 'null' },
  { profile: 'not JSON', found: { isSpark: false }, why: 'no JSON' },
  { profile: undefined, found: { isSpark: false }, why: 'no profile' },
])('what a profile counted: $why', ({ profile, found }) => {
  expect(profileOf(profile)).toEqual(found);
});

test.each([
  {
    schema: '{"mlflow_colspec": [{"type": "long", "name": "id", "required": true}]}',
    columns: ['id'],
  },
  { schema: '[{"name": "id", "type": "long"}]', columns: ['id'] },
  { schema: '{"mlflow_tensorspec": {"features": []}}', columns: undefined },
  { schema: 'not JSON', columns: undefined },
  { schema: undefined, columns: undefined },
])('the columns of the schema $schema', ({ schema, columns }) => {
  expect(recordedColumns(schema)).toEqual(columns);
});

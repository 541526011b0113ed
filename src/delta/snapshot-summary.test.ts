import { expect, test } from 'vitest';
import {
  aField,
  aFile,
  aSchema,
  aSnapshot,
  aVector,
  tableId,
} from '../../test/support/builders.ts';
import type { DataFile } from './snapshot.ts';
import { summarize } from './snapshot-summary.ts';

const one = aFile({ path: 'a.parquet', partitionValues: { day: '1', region: 'EU' } });
const two = aFile({ path: 'b.parquet', deletionVector: aVector() });
const digestOf = async (given: Parameters<typeof aSnapshot>[0]) =>
  (await summarize(aSnapshot(given))).digest;

test('a version has a digest, and files, bytes and rows are counted', async () => {
  const files = [
    aFile({ path: 'a', sizeBytes: 100, stats: '{"numRecords":10}' }),
    aFile({ path: 'b', sizeBytes: 23, stats: '{"numRecords":5}', deletionVector: aVector() }),
  ];
  expect(await summarize(aSnapshot({ files }))).toEqual({
    digest: expect.stringMatching(/^snapshot-v1:[0-9a-f]{64}$/),
    files: 2,
    bytes: 123,
    rows: 13,
  });
});

test('of no files there are no rows', async () => {
  expect(await summarize(aSnapshot({ files: [] }))).toMatchObject({ files: 0, bytes: 0, rows: 0 });
});

test('rows are not told when one file does not say', async () => {
  const { stats: _, ...silent } = aFile({ path: 'b' });
  expect(await summarize(aSnapshot({ files: [aFile(), silent] }))).not.toHaveProperty('rows');
});

test('the digest is pinned down: stamps hold it for years', async () => {
  expect(await digestOf({ files: [one, two] })).toBe(
    'snapshot-v1:69256a95419f705d89a7cdfec7168173eae8f9bf660c7784052414cae276c609',
  );
});

const { stats: _, ...withoutStats } = one;

test.each([
  { why: 'the order of the files', given: { files: [two, one] } },
  { why: 'how they come in batches', given: { batches: [[one], [], [two]] } },
  {
    why: 'the order of partition values',
    given: { files: [{ ...one, partitionValues: { region: 'EU', day: '1' } }, two] },
  },
  { why: 'when a file was written', given: { files: [{ ...one, modifiedAt: 1 }, two] } },
  { why: 'statistics', given: { files: [withoutStats, two] } },
  { why: 'where the table lies', given: { files: [{ ...one, location: '/copy/a' }, two] } },
  { why: 'the number of the version', given: { version: 9, files: [one, two] } },
  { why: "the table's properties", given: { properties: { a: 'b' }, files: [one, two] } },
  { why: "the table's name", given: { name: 'other', files: [one, two] } },
])('the digest does not depend on $why', async ({ given }) => {
  expect(await digestOf(given)).toBe(await digestOf({ files: [one, two] }));
});

const changed = (fields: Partial<DataFile>) => ({ files: [{ ...one, ...fields }, two] });
const otherVector = (fields: Parameters<typeof aVector>[0]) => ({
  files: [one, { ...two, deletionVector: aVector(fields) }],
});

test.each([
  { why: 'the table', given: { tableId: `${tableId}0`, files: [one, two] } },
  { why: 'the schema', given: { schema: aSchema(aField('id', 'integer')), files: [one, two] } },
  { why: 'the partition columns', given: { partitionColumns: ['id'], files: [one, two] } },
  { why: 'a file more', given: { files: [one, two, aFile({ path: 'c.parquet' })] } },
  { why: 'a file twice', given: { files: [one, two, two] } },
  { why: 'a file less', given: { files: [one] } },
  { why: "a file's path", given: changed({ path: 'c.parquet' }) },
  { why: "a file's size", given: changed({ sizeBytes: 1001 }) },
  { why: 'a partition value', given: changed({ partitionValues: { day: '2', region: 'EU' } }) },
  { why: 'a partition value that is null', given: changed({ partitionValues: { day: null } }) },
  { why: 'a new deletion vector', given: changed({ deletionVector: aVector() }) },
  { why: 'a deletion vector less', given: { files: [one, aFile({ path: 'b.parquet' })] } },
  { why: 'the place of a deletion vector', given: otherVector({ pathOrInlineDv: 'other' }) },
  { why: 'its kind', given: otherVector({ storageType: 'p' }) },
  { why: 'its offset', given: otherVector({ offset: 2 }) },
  { why: 'its size', given: otherVector({ sizeInBytes: 37 }) },
  { why: 'its cardinality', given: otherVector({ cardinality: 3 }) },
])('the digest changes with $why', async ({ given }) => {
  expect(await digestOf(given)).not.toBe(await digestOf({ files: [one, two] }));
});

test('an abort stops it', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(summarize(aSnapshot(), { signal })).rejects.toThrow('enough');
});

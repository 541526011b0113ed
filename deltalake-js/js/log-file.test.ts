import { expect, test } from 'vitest';
import { justBefore, parseLogFile } from './log-file.ts';

const version12 = '00000000000000000012';
const uuid = '398eaaa3-8200-40a5-a4d6-f5f717384c06';

test.each([
  { name: `${version12}.json`, kind: { type: 'commit' } },
  { name: `${version12}.crc`, kind: { type: 'checksum' } },
  { name: `${version12}.checkpoint.parquet`, kind: { type: 'classic-checkpoint' } },
  { name: `${version12}.checkpoint.${uuid}.parquet`, kind: { type: 'v2-checkpoint' } },
  { name: `${version12}.checkpoint.${uuid}.json`, kind: { type: 'v2-checkpoint' } },
  {
    name: `${version12}.checkpoint.0000000002.0000000004.parquet`,
    kind: { type: 'checkpoint-part', part: 2, parts: 4 },
  },
  {
    name: `${version12}.00000000000000000019.compacted.json`,
    kind: { type: 'compaction', lastVersion: 19 },
  },
])('$name is a $kind.type', ({ name, kind }) => {
  expect(parseLogFile({ name })).toEqual({ version: 12, path: `_delta_log/${name}`, kind });
});

test.each([
  { name: '_last_checkpoint', why: 'is a hint, not the log' },
  { name: `.${version12}.json.crc`, why: 'is a checksum of the file system' },
  { name: '12.json', why: 'has a version of another length' },
  { name: `${version12}.checkpoint.parquet.tmp`, why: 'is being written' },
  { name: `${version12}.${uuid}.json`, why: 'is a staged commit in the wrong place' },
  { name: `${version12}.checkpoint.0000000005.0000000004.parquet`, why: 'is part 5 of 4' },
  { name: `${version12}.checkpoint.0000000000.0000000004.parquet`, why: 'is part 0' },
  { name: `${version12}.checkpoint.0000000001.0000000001.parquet`, why: 'is one part of one' },
])('$name $why', ({ name }) => {
  expect(parseLogFile({ name })).toBeUndefined();
});

test('size and time are kept where the listing brings them', () => {
  const entry = { name: `${version12}.json`, sizeBytes: 0, modifiedAt: 5 };
  expect(parseLogFile(entry)).toMatchObject({ sizeBytes: 0, modifiedAt: 5 });
});

test('a version that a number can not hold is an error, not another version', () => {
  expect(() => parseLogFile({ name: '00009007199254740993.json' })).toThrow(
    expect.objectContaining({ code: 'LOG_DAMAGED' }),
  );
});

test('all files of a version sort after the name just before it', () => {
  expect(justBefore(12) < `${version12}.checkpoint.parquet`).toBe(true);
  expect(justBefore(12) > '00000000000000000011.json').toBe(true);
});

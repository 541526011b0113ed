import { expect, test } from 'vitest';
import type { DeltaType } from '../schema.ts';
import { checkedPartitionValue } from './partition-values.ts';

const typeOf = (name: string): DeltaType =>
  name === 'decimal'
    ? { kind: 'decimal', precision: 5, scale: 2 }
    : { kind: 'primitive', name: name as 'string' };

test.each([
  ['integer', ['0', '-1', '+1', ' 01 ']],
  ['long', ['9223372036854775807']],
  ['boolean', ['true', 'FALSE', 'y', '0']],
  ['date', ['2020-01-01', '0001-1-9', '2020-01-01 12:00:00', '2020-01-01T00:00:00']],
  [
    'timestamp',
    ['2020-01-01 00:00:00', '2020-01-01T00:00:00.123456Z', '2020-01-01', '2020-01-01 23:59:59.5'],
  ],
  ['timestamp', ['2020-01-01 00:00:00+02:00', '2020-01-01 1:2:3-1800', '2020-01-01 1:2:3 UTC']],
  ['timestamp_ntz', ['9999-12-31 23:59:59.999999']],
  ['double', ['1.5', '-.5', '5.', '4.9E-324', 'NaN', '-Infinity', 'inf']],
  ['float', ['1.0E10']],
  ['decimal', ['1.50', '-001.5', '1e2']],
  ['string', [' x ', 'null', '']],
  ['binary', ['Aé']],
  ['integer', ['']],
])('of %s, what Spark and DuckDB read alike passes', (name, texts) => {
  for (const text of texts) expect(checkedPartitionValue('t', text, typeOf(name))).toBe(text);
});

test.each([
  ['integer', ['1.5', '1e2', '0x10', '1_000', 'abc', 'null', '١']],
  ['long', ['12.7']],
  ['boolean', [' true', 'on', '2']],
  ['date', ['2020/01/01', '20200101', 'epoch', 'infinity', 'today']],
  ['timestamp', ['2020-01-01 24:00:00', 'epoch', 'infinity', '1577836800', '12:00:00']],
  ['timestamp', ['2020-01-01 00:00:00+18:01', '2020-01-01 00:00:00-01:60']],
  ['timestamp_ntz', ['infinity', '2020-01-01 00:00:00 (BC)']],
  ['double', ['1.5f', '0x1p3', '1_0.5', '1,5', '-NaN']],
  ['decimal', ['NaN', '1_0.5']],
])('of %s, what they read otherwise, or not at all, is refused', (name, texts) => {
  for (const text of texts) {
    expect(() => checkedPartitionValue('t', text, typeOf(name)), text).toThrow(
      expect.objectContaining({ code: 'LOG_DAMAGED' }),
    );
  }
});

test.each([
  ['date', '12020-01-01'],
  ['date', '-0044-03-15'],
  ['timestamp', '+10000-01-01 00:00:00'],
  ['timestamp', '2020-10-25 02:30:00 Europe/Berlin'],
  ['timestamp', '1883-11-18 12:00:00 America/New_York'],
])('of %s, %s is not damage, and refused by name', (name, text) => {
  expect(() => checkedPartitionValue('t', text, typeOf(name))).toThrow(
    expect.objectContaining({ code: 'FEATURE_UNSUPPORTED' }),
  );
});

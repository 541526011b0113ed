import { expect, test } from 'vitest';
import { formatType } from '../schema.ts';
import { parseSchema } from './wire-schema.ts';

const schemaOf = (...fields: readonly unknown[]) => JSON.stringify({ type: 'struct', fields });
const aField = (type: unknown, others: Readonly<Record<string, unknown>> = {}) => ({
  name: 'a',
  type,
  nullable: true,
  metadata: {},
  ...others,
});
const map = (keyType: unknown, valueType: unknown) => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});
const array = (elementType: unknown) => ({ type: 'array', elementType, containsNull: true });

test.each([
  { type: 'string', sql: 'string' },
  { type: 'long', sql: 'bigint' },
  { type: 'timestamp_ntz', sql: 'timestamp_ntz' },
  { type: 'variant', sql: 'variant' },
  { type: 'void', sql: 'void' },
  { type: 'null', sql: 'void' },
  { type: 'decimal', sql: 'decimal(10,0)' },
  { type: 'decimal(38,18)', sql: 'decimal(38,18)' },
  { type: 'decimal( 5 , 2 )', sql: 'decimal(5,2)' },
  { type: array('integer'), sql: 'array<int>' },
  { type: map('string', array('double')), sql: 'map<string, array<double>>' },
  {
    type: { type: 'struct', fields: [aField('byte'), aField('short', { name: 'b' })] },
    sql: 'struct<a: tinyint, b: smallint>',
  },
])('$sql is read', ({ type, sql }) => {
  const [field] = parseSchema('t', schemaOf(aField(type))).fields;
  expect(field && formatType(field.type)).toBe(sql);
});

test('a field keeps its name to the letter, whether it may be null, and its metadata', () => {
  const metadata = { comment: 'é', 'delta.columnMapping.id': 3 };
  const field = aField('string', { name: 'A b."c`', nullable: false, metadata });
  expect(parseSchema('t', schemaOf(field)).fields).toEqual([
    { name: 'A b."c`', nullable: false, metadata, type: { kind: 'primitive', name: 'string' } },
  ]);
});

test('what a field leaves out has the meaning that Spark gives it', () => {
  expect(parseSchema('t', schemaOf({ name: 'a', type: 'string' })).fields).toMatchObject([
    { nullable: true, metadata: {} },
  ]);
});

test('a table may have no columns', () => {
  expect(parseSchema('t', schemaOf())).toEqual({ kind: 'struct', fields: [] });
});

test.each([
  { type: 'geometry', features: ['the type geometry'], why: 'of a column' },
  { type: array('interval day'), features: ['the type interval day'], why: 'of items' },
  {
    type: map('quantum', 'tensor'),
    features: ['the type quantum', 'the type tensor'],
    why: 'of a map',
  },
  {
    type: { type: 'struct', fields: [aField('long'), aField(array('geography(4326)'))] },
    features: ['the type geography(4326)'],
    why: 'deep inside',
  },
])('a type that asof does not know is named: $why', ({ type, features }) => {
  expect(() => parseSchema('t', schemaOf(aField('string'), aField(type)))).toThrow(
    expect.objectContaining({ code: 'FEATURE_UNSUPPORTED', details: { table: 't', features } }),
  );
});

test('a kind of nesting that asof does not know is named too', () => {
  const type = { type: 'udt', class: 'org.apache.spark.ml.linalg.VectorUDT', sqlType: 'string' };
  expect(() => parseSchema('t', schemaOf(aField(type)))).toThrow(
    expect.objectContaining({
      code: 'FEATURE_UNSUPPORTED',
      details: { table: 't', features: ['the type udt'] },
    }),
  );
});

test.each([
  { text: '', why: 'empty' },
  { text: '{"type":"struct"', why: 'cut off' },
  { text: '{"type":"struct"}', why: 'without fields' },
  { text: '[]', why: 'a list' },
  { text: '"string"', why: 'a type of no columns' },
  { text: schemaOf({ type: 'string' }), why: 'with a field that has no name' },
  { text: schemaOf(aField(array(undefined))), why: 'with a list of nothing' },
])('a schema that is $why makes the log damaged', ({ text }) => {
  expect(() => parseSchema('t', text)).toThrow(
    expect.objectContaining({
      code: 'LOG_DAMAGED',
      details: expect.objectContaining({ table: 't', file: 'metaData' }),
    }),
  );
});

/** `array<array<…long…>>`. */
function nested(depth: number): string {
  return `${'{"type":"array","containsNull":true,"elementType":'.repeat(depth)}"long"${'}'.repeat(depth)}`;
}

test('types may be nested deeply', () => {
  const text = `{"type":"struct","fields":[{"name":"a","type":${nested(200)},"nullable":true,"metadata":{}}]}`;
  const [field] = parseSchema('t', text).fields;
  expect(field && formatType(field.type)).toBe(`${'array<'.repeat(200)}bigint${'>'.repeat(200)}`);
});

test('many columns are read in a moment', () => {
  const fields = Array.from({ length: 5000 }, (_, index) =>
    aField('string', { name: `c${index}` }),
  );
  expect(parseSchema('t', schemaOf(...fields)).fields).toHaveLength(5000);
});

import { expect, test } from 'vitest';
import { aField, aSchema } from '../../../test/support/builders.ts';
import { canonicalRow } from '../canonical-row.ts';
import type { DeltaType } from '../schema.ts';
import { duckdbDialect } from './dialect.ts';
import { openSession } from './session.ts';

const list = (name: 'binary' | 'string'): DeltaType => ({
  kind: 'array',
  element: { kind: 'primitive', name },
});
const struct: DeltaType = { kind: 'struct', fields: [aField('a', 'integer')] };
const map: DeltaType = {
  kind: 'map',
  key: { kind: 'primitive', name: 'string' },
  value: { kind: 'primitive', name: 'integer' },
};

test.each<
  readonly [string, DeltaType | 'double' | 'float' | 'boolean' | 'string' | 'date', string]
>([
  ['[]::BLOB[]', list('binary'), '[]'],
  ["[''::BLOB]", list('binary'), '[x]'],
  ['[NULL]::VARCHAR[]', list('string'), '[~]'],
  ["['~', 'a,b']", list('string'), '[1:~,3:a,b]'],
  ['NULL::VARCHAR[]', list('string'), '~'],
  ["{'a': NULL::INTEGER}", struct, '(~)'],
  ['NULL::STRUCT(a INTEGER)', struct, '~'],
  ["MAP {'b': 1, 'a': NULL}", map, '{1:a=~,1:b=1}'],
  ['MAP {}::MAP(VARCHAR, INTEGER)', map, '{}'],
  ['-0.0::DOUBLE', 'double', '0'],
  ["'nan'::DOUBLE", 'double', '9221120237041090560'],
  ['1.5::FLOAT', 'float', '4609434218613702656'],
  ['false', 'boolean', 'f'],
  ["'ü|'", 'string', '3:ü|'],
  ["DATE '1969-12-31'", 'date', '-1'],
  ['1.5::DECIMAL(3,2)', { kind: 'decimal', precision: 3, scale: 2 }, '1.50'],
  ['-0.5::DECIMAL(2,2)', { kind: 'decimal', precision: 2, scale: 2 }, '-0.50'],
])('%s has the text of its own', async (value, type, expected) => {
  const session = await openSession({});
  try {
    const row = canonicalRow(aSchema(aField('v', type)).fields, duckdbDialect);
    const [[text] = []] = await session.rows(`SELECT ${row} FROM (SELECT ${value} AS v)`);
    expect(text).toBe(expected);
  } finally {
    await session.close();
  }
});

test('a row may have more columns than an expression of DuckDB may be deep', async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `c${index}`);
  const session = await openSession({});
  try {
    const fields = names.map((name) => aField(name, 'integer'));
    const row = canonicalRow(fields, duckdbDialect);
    const values = names.map((name, index) => `${index} AS ${name}`).join(', ');
    const [[text] = []] = await session.rows(`SELECT ${row} FROM (SELECT ${values})`);
    expect(text).toBe(names.map((_, index) => index).join('|'));
  } finally {
    await session.close();
  }
});

test('a column may have the name of a variable', async () => {
  const session = await openSession({});
  try {
    const entry: DeltaType = {
      kind: 'struct',
      fields: [aField('key', 'string'), aField('value', 'integer')],
    };
    const row = canonicalRow([aField('asof_x0', entry), aField('m', map)], duckdbDialect);
    const values = "{'key': 'a', 'value': 1} AS asof_x0, MAP {'b': 2} AS m";
    const [[text] = []] = await session.rows(`SELECT ${row} FROM (SELECT ${values})`);
    expect(text).toBe('(1:a,1)|{1:b=2}');
  } finally {
    await session.close();
  }
});

test('lists and maps may be deep in each other', async () => {
  const depth = 18;
  const session = await openSession({});
  try {
    let type: DeltaType = { kind: 'primitive', name: 'integer' };
    let value = '7';
    for (let level = 0; level < depth; level++) {
      type =
        level % 2 === 0
          ? { kind: 'array', element: type }
          : { kind: 'map', key: { kind: 'primitive', name: 'integer' }, value: type };
      value = level % 2 === 0 ? `[${value}]` : `MAP {1: ${value}}`;
    }
    const row = canonicalRow([aField('a', type)], duckdbDialect);
    const [[text] = []] = await session.rows(`SELECT ${row} FROM (SELECT ${value} AS a)`);
    expect(text).toBe(`${'{1=['.repeat(depth / 2)}7${']}'.repeat(depth / 2)}`);
  } finally {
    await session.close();
  }
});

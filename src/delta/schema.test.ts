import { expect, test } from 'vitest';
import { type DeltaType, formatType, holds, type PrimitiveName } from './schema.ts';

const primitive = (name: PrimitiveName): DeltaType => ({ kind: 'primitive', name });
const struct = (members: Readonly<Record<string, DeltaType>>): DeltaType => ({
  kind: 'struct',
  fields: Object.entries(members).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  })),
});
const nested = struct({
  a: {
    kind: 'array',
    element: struct({ m: { kind: 'map', key: primitive('string'), value: primitive('variant') } }),
  },
});

test.each([
  { type: primitive('long'), text: 'bigint' },
  { type: primitive('integer'), text: 'int' },
  { type: primitive('short'), text: 'smallint' },
  { type: primitive('byte'), text: 'tinyint' },
  { type: primitive('timestamp_ntz'), text: 'timestamp_ntz' },
  { type: primitive('void'), text: 'void' },
  { type: { kind: 'decimal', precision: 38, scale: 0 } as const, text: 'decimal(38,0)' },
  { type: nested, text: 'struct<a: array<struct<m: map<string, variant>>>>' },
  { type: struct({}), text: 'struct<>' },
])('a type is written as SQL does: $text', ({ type, text }) => {
  expect(formatType(type)).toBe(text);
});

test.each([
  { name: 'variant', isHeld: true, why: 'the value of a map, however deep' },
  { name: 'string', isHeld: true, why: 'the key of a map' },
  { name: 'long', isHeld: false, why: 'nowhere' },
] as const)('a type holds what is in it: $why', ({ name, isHeld }) => {
  expect(holds(nested, name)).toBe(isHeld);
});

test('a primitive holds itself, a decimal nothing', () => {
  expect(holds(primitive('variant'), 'variant')).toBe(true);
  expect(holds({ kind: 'decimal', precision: 10, scale: 2 }, 'variant')).toBe(false);
});

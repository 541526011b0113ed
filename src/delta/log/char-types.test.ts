import { expect, test } from 'vitest';
import { type DeltaType, formatType, holdsSome } from '../schema.ts';
import { withCharLengths } from './char-types.ts';

const text: DeltaType = { kind: 'primitive', name: 'string' };
const int: DeltaType = { kind: 'primitive', name: 'integer' };
const char = (charLength: number): DeltaType => ({ ...text, charLength });
const array = (element: DeltaType): DeltaType => ({ kind: 'array', element });
const map = (key: DeltaType, value: DeltaType): DeltaType => ({ kind: 'map', key, value });
const struct = (...types: readonly DeltaType[]): DeltaType => ({
  kind: 'struct',
  fields: types.map((type, place) => ({ name: `now ${place}`, type, metadata: {} })),
});

function typeOf(type: DeltaType, declared: unknown): DeltaType {
  const metadata = { __CHAR_VARCHAR_TYPE_STRING: declared };
  return withCharLengths('t', { name: 'a', type, metadata }).type;
}

test.each([
  { type: text, declared: 'char(5)', found: char(5) },
  { type: array(text), declared: 'array<char(1)>', found: array(char(1)) },
  { type: map(text, text), declared: 'map<char(2),string>', found: map(char(2), text) },
  {
    type: struct(text, int, array(struct(text, text))),
    declared: 'struct<x:char(3),n:int,l:array<struct<y:varchar(9),z:char(4)>>>',
    found: struct(char(3), int, array(struct(text, char(4)))),
  },
  {
    type: struct(text, { kind: 'decimal', precision: 10, scale: 2 }, struct()),
    declared: 'struct<x:char(3),d:decimal(10,2),e:struct<>>',
    found: struct(char(3), { kind: 'decimal', precision: 10, scale: 2 }, struct()),
  },
])('$declared tells which strings are filled up, by their place', ({ type, declared, found }) => {
  expect(typeOf(type, declared)).toEqual(found);
});

test('a type tells of its CHARs where it is asked to', () => {
  const type = typeOf(
    map(text, array(struct(text, int))),
    'map<char(2),array<struct<x:char(3),n:int>>>',
  );
  expect(formatType(type)).toBe('map<string, array<struct<now 0: string, now 1: int>>>');
  const told = 'map<char(2), array<struct<now 0: char(3), now 1: int>>>';
  expect(formatType(type, { chars: true })).toBe(told);
});

test.each([undefined, 7, 'varchar(5)', 'struct<x:varchar(5)>', 'no type at all'])(
  'without a CHAR nothing is: %s',
  (declared) => {
    const type = struct(text);
    expect(typeOf(type, declared)).toBe(type);
    expect(holdsSome(type, ({ charLength }) => charLength !== undefined)).toBe(false);
  },
);

test.each([
  { type: int, declared: 'char(5)', why: 'another type' },
  { type: text, declared: 'array<char(5)>', why: 'another shape' },
  { type: struct(text, text), declared: 'struct<x:char(3)>', why: 'fewer members' },
  { type: struct(text), declared: 'struct<x:char(3),y:int>', why: 'more members' },
  { type: struct(text), declared: 'struct<a b:char(3)>', why: 'a name that Spark can not read' },
  { type: text, declared: 'char(5) and more)', why: 'what is no type' },
  { type: array(text), declared: 'array<char(5)', why: 'a bracket that is not closed' },
])('a declaration that fits the column no more is refused: $why', ({ type, declared }) => {
  expect(() => typeOf(type, declared)).toThrow(
    expect.objectContaining({ code: 'FEATURE_UNSUPPORTED' }),
  );
});

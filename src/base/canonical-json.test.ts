import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

test('the order of keys does not matter, at any depth', () => {
  const one = { b: [{ y: 1, x: 2 }], a: { d: null, c: 'é' } };
  const other = { a: { c: 'é', d: null }, b: [{ x: 2, y: 1 }] };
  expect(canonicalJson(one)).toBe('{"a":{"c":"é","d":null},"b":[{"x":2,"y":1}]}');
  expect(canonicalJson(other)).toBe(canonicalJson(one));
});

test('the order of a list does', () => {
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

test('keys stand in code-unit order, whatever the language of the machine', () => {
  expect(canonicalJson({ ä: 1, a: 2, Z: 3, '10': 4, b: 5 })).toBe(
    '{"10":4,"Z":3,"a":2,"b":5,"ä":1}',
  );
});

test('keys that every object has are keys like others', () => {
  const value = JSON.parse('{"constructor":1,"__proto__":2,"toString":3}');
  expect(JSON.parse(canonicalJson(value))).toEqual(value);
  expect(canonicalJson(value)).toContain('"__proto__":2');
});

test('what is undefined is left out', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
});

test('keys that look like numbers are texts too: 10 comes before 9', () => {
  expect(canonicalJson({ 9: 1, 10: 2 })).toBe('{"10":2,"9":1}');
});

test.each([
  { value: 'é"\n', json: '"é\\"\\n"' },
  { value: 1.5, json: '1.5' },
  { value: null, json: 'null' },
  { value: [undefined, true], json: '[null,true]' },
  { value: {}, json: '{}' },
  { value: [], json: '[]' },
])('$json is written as JSON writes it', ({ value, json }) => {
  expect(canonicalJson(value)).toBe(json);
  expect(canonicalJson(value)).toBe(JSON.stringify(value));
});

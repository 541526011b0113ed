import { describe, expect, test } from 'vitest';
import { doubleText, floatText } from './java-numbers.ts';
import { variantJson } from './variant-json.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** Metadata with the names a and b. */
const names = bytes('01 02 00 01 02 61 62');
const json = (hex: string) => variantJson(names, bytes(hex));

describe('a variant as JSON', () => {
  test.each([
    ['00', 'null'],
    ['04', 'true'],
    ['08', 'false'],
    ['0c ff', '-1'],
    ['10 d4fe', '-300'],
    ['14 ffffff7f', '2147483647'],
    ['18 ffffffffffffff7f', '9223372036854775807'],
    ['1c 000000000000f83f', '1.5'],
    ['1c 000000000000f07f', '"Infinity"'],
    ['1c 000000000000f87f', '"NaN"'],
    ['20 02 64000000', '1'],
    ['20 02 00000000', '0'],
    ['20 00 64000000', '100'],
    ['20 02 6e000000', '1.1'],
    ['20 03 fbffffff', '-0.005'],
    ['24 00 0100000000000000', '1'],
    ['28 0a 000000000000000000000000000000c0', '-8507059173023461586584365185.7942052864'],
    ['2c 00000000', '"1970-01-01"'],
    ['2c c706f5ff', '"0001-01-02"'],
    ['2c a0c02c00', '"9999-12-31"'],
    ['30 ffffffffffffffff', '"1969-12-31 23:59:59.999999+00:00"'],
    ['34 20a1070000000000', '"1970-01-01 00:00:00.5"'],
    ['38 cdcccc3d', '0.1'],
    ['3c 02000000 00ff', '"AP8="'],
    ['40 03000000 c3a90a', '"é\\n"'],
    ['05 1f', '"\\u001F"'],
    ['09 2f22', '"/\\""'],
    ['44 00e40b5402000000', '"02:46:40"'],
    ['50 00112233445566778899aabbccddeeff', '"00112233-4455-6677-8899-aabbccddeeff"'],
    ['02 02 00 01 00 02 03 0c07 00', '{"a":7,"b":null}'],
    ['03 02 00 01 03 00 0c07', '[null,7]'],
    ['13 02000000 00 01 03 00 0c07', '[null,7]'],
    ['02 00 00', '{}'],
    ['03 00 00', '[]'],
  ])('%s is %s', (hex, text) => {
    expect(json(hex)).toBe(text);
  });

  test.each([
    ['', 'cut off'],
    ['14 ff', 'cut off'],
    ['40 ffffffff 61', 'cut off'],
    ['13 ffffffff 00', 'cut off'],
    ['02 01 07 00 01 00', 'the key 7 of 2'],
    ['fc', 'unknown type 63'],
    ['20 ff 00000000', 'scale 255'],
  ])('%s is damaged', (hex, words) => {
    expect(() => json(hex)).toThrow(words);
  });

  test('in which values overlap is damaged, before it takes for ever', () => {
    // Arrays of two, both items of which are the array behind.
    const level = bytes('03 02 00 00 00');
    const bomb = Buffer.concat([...Array.from({ length: 60 }, () => level), bytes('00')]);
    expect(() => variantJson(names, bomb)).toThrow('overlap');
  });

  test('of metadata of another version is damaged', () => {
    expect(() => variantJson(bytes('02 00 00'), bytes('00'))).toThrow('version 2');
  });
});

describe('numbers as Java writes them', () => {
  test.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.001, '0.001'],
    [0.00099, '9.9E-4'],
    [9999999.999, '9999999.999'],
    [1e7, '1.0E7'],
    [123456.789, '123456.789'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [4.9e-324, '4.9E-324'],
    [1e21, '1.0E21'],
  ])('%d is %s as a double', (value, text) => {
    expect(doubleText(value)).toBe(text);
  });

  test.each([
    [0.1, '0.1'],
    [16777216, '1.6777216E7'],
    [3.4028235e38, '3.4028235E38'],
    [1.1754944e-38, '1.1754944E-38'],
    [0.25, '0.25'],
  ])('%d is %s as a float', (value, text) => {
    expect(floatText(Math.fround(value))).toBe(text);
  });
});

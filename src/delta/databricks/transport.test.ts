import { describe, expect, test } from 'vitest';
import { aField } from '../../../test/support/builders.ts';
import type { DeltaType, PrimitiveName } from '../schema.ts';
import { decoder, encode } from './transport.ts';

const primitive = (name: PrimitiveName): DeltaType => ({ kind: 'primitive', name });
const decode = (type: DeltaType, value: unknown) => decoder(type)(value);

describe('what comes through the driver', () => {
  test.each([
    [9_007_199_254_740_993n, 9_007_199_254_740_993n],
    ['-9223372036854775808', -9_223_372_036_854_775_808n],
    [12, 12n],
  ])('a BIGINT that came as %s is exact', (value, expected) => {
    expect(decode(primitive('long'), value)).toBe(expected);
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 53 + 2, 1.5, 'x'])(
    'a BIGINT that came as %s is refused, since it may have been another',
    (value) => {
      expect(() => decode(primitive('long'), value)).toThrow(
        expect.objectContaining({ code: 'UNEXPECTED_RESPONSE' }),
      );
    },
  );

  test.each([
    ['1.5', 2, '1.50'],
    ['-1E-10', 10, '-0.0000000001'],
    ['0E-18', 18, '0.000000000000000000'],
    ['12345678901234567890123456789012345678', 0, '12345678901234567890123456789012345678'],
    ['1E+2', 1, '100.0'],
  ])('the decimal %s has all digits of scale %i', (value, scale, expected) => {
    expect(decode({ kind: 'decimal', precision: 38, scale }, value)).toBe(expected);
  });

  test('a text keeps the byte order mark that it begins with, which the driver would drop', () => {
    expect(encode(primitive('string'), 't')).toBe("concat('=', t)");
    expect(decode(primitive('string'), '=\uFEFFmark')).toBe('\uFEFFmark');
  });

  test('nested values keep nulls, numbers beyond doubles, and text that looks like JSON', () => {
    const type: DeltaType = {
      kind: 'array',
      element: {
        kind: 'struct',
        fields: [
          aField('n', 'long'),
          aField('t'),
          aField('m', { kind: 'map', key: primitive('string'), value: primitive('binary') }),
        ],
      },
    };
    const map = JSON.stringify([JSON.stringify(['k', 'CAFE']), JSON.stringify(['null', null])]);
    const items = [JSON.stringify(['9007199254740993', '{"a":1}', map]), null];
    expect(decode(type, JSON.stringify(items))).toEqual([
      {
        n: 9_007_199_254_740_993n,
        t: '{"a":1}',
        m: [
          ['k', new Uint8Array([0xca, 0xfe])],
          ['null', null],
        ],
      },
      null,
    ]);
  });

  test('null is null', () => {
    expect(decode(primitive('string'), null)).toBeNull();
    expect(decode(primitive('boolean'), undefined)).toBeNull();
  });
});

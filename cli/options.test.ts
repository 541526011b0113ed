import { InvalidArgumentError } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { byteSize, collect, columnList, duration, integer, positiveInteger } from './options.ts';

describe('a list of columns', () => {
  test.each([
    { text: 'a', names: ['a'] },
    { text: 'a,b,c', names: ['a', 'b', 'c'] },
    { text: ' a , b ', names: ['a', 'b'] },
    { text: 'a b,c', names: ['a b', 'c'] },
    { text: '"a,b",c', names: ['a,b', 'c'] },
    { text: 'a,"say ""hi""" , b', names: ['a', 'say "hi"', 'b'] },
    { text: '" a "', names: [' a '] },
    { text: "it's,größe", names: ["it's", 'größe'] },
  ])('$text', ({ text, names }) => {
    expect(columnList(text)).toEqual(names);
  });

  test.each([
    { text: '', why: 'nothing' },
    { text: '  ', why: 'blanks' },
    { text: ',', why: 'a comma alone' },
    { text: 'a,,b', why: 'nothing between two commas' },
    { text: ',a', why: 'nothing before a comma' },
    { text: 'a,', why: 'nothing behind a comma' },
    { text: '""', why: 'nothing between quotes' },
    { text: 'a,"b', why: 'a quote that is not closed' },
    { text: 'a,b"c', why: 'a quote inside' },
    { text: '"a"b', why: 'something behind a quote' },
  ])("'$text' is none: $why", ({ text }) => {
    expect(() => columnList(text)).toThrow(InvalidArgumentError);
  });
});

describe('a size', () => {
  const MiB = 2 ** 20;
  test.each([
    { text: '64MB', bytes: 64 * MiB },
    { text: '512mb', bytes: 512 * MiB },
    { text: '2g', bytes: 2048 * MiB },
    { text: '2 GB', bytes: 2048 * MiB },
    { text: '1.5GiB', bytes: 1536 * MiB },
    { text: '67108864', bytes: 64 * MiB },
    { text: '67108864B', bytes: 64 * MiB },
    { text: '70000KB', bytes: 70_000 * 1024 },
    { text: ' 1G ', bytes: 1024 * MiB },
  ])('$text is $bytes bytes', ({ text, bytes }) => {
    expect(byteSize(text)).toBe(bytes);
  });

  test.each([
    '',
    'GB',
    '-1GB',
    '63MB',
    '0',
    '1TB',
    '1e3MB',
    '.5GB',
    '1,5GB',
    'many',
    '999999999999GB',
  ])("'%s' is none", (text) => {
    expect(() => byteSize(text)).toThrow(InvalidArgumentError);
  });
});

describe('a number', () => {
  test.each(['1', '10', ' 7 '])("above 0 is '%s'", (text) => {
    expect(positiveInteger(text)).toBe(Number(text));
  });

  test.each(['0', '-1', '1.5', '', 'x', '1x', '9007199254740992', 'Infinity'])(
    "above 0 is not '%s'",
    (text) => {
      expect(() => positiveInteger(text)).toThrow(InvalidArgumentError);
    },
  );

  test.each(['0', '-1', '42'])("whole is '%s'", (text) => {
    expect(integer(text)).toBe(Number(text));
  });

  test.each(['', ' ', '1.5', 'x', 'NaN', '9007199254740993'])("whole is not '%s'", (text) => {
    expect(() => integer(text)).toThrow(InvalidArgumentError);
  });
});

test('an option that comes again adds to what it gave before', () => {
  expect(collect('b', collect('a', undefined))).toEqual(['a', 'b']);
});

describe('a time span', () => {
  test.each([
    { text: '30d', ms: 30 * 86_400_000 },
    { text: '168h', ms: 168 * 3_600_000 },
    { text: '2w', ms: 14 * 86_400_000 },
    { text: '90m', ms: 5_400_000 },
    { text: ' 1.5 D ', ms: 1.5 * 86_400_000 },
    { text: '0h', ms: 0 },
  ])('$text is $ms ms', ({ text, ms }) => {
    expect(duration(text)).toBe(ms);
  });

  test.each(['', '30', 'd', '-1d', '1y', 'soon', '1d 2h'])("'%s' is none", (text) => {
    expect(() => duration(text)).toThrow('It is a time');
  });
});

import { describe, expect, test } from 'vitest';
import {
  age,
  bytes,
  integer,
  pairs,
  plainLine,
  plural,
  styles,
  table,
  time,
  warningLines,
} from './text.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

describe('a table', () => {
  test('has columns as wide as their widest cell, and nothing behind the last', () => {
    expect(
      table(
        ['A', 'LONG'],
        [
          ['wider', 'x'],
          ['', 'yy'],
        ],
      ),
    ).toBe('A      LONG\nwider  x\n       yy\n');
  });

  test('puts numbers on the right', () => {
    expect(
      table(
        ['N', 'X'],
        [
          ['1', 'a'],
          ['1,000', 'b'],
        ],
        { right: ['N'] },
      ),
    ).toBe('    N  X\n    1  a\n1,000  b\n');
  });

  test('without rows has its headings', () => {
    expect(table(['A', 'B'], [])).toBe('A  B\n');
  });

  test('counts letters, not bytes', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['größe', 'x'],
          ['😀', 'y'],
        ],
      ),
    ).toBe('A      B\ngröße  x\n😀      y\n');
  });

  test('takes rows that are short', () => {
    expect(table(['A', 'B'], [['x']])).toBe('A  B\nx\n');
  });

  test('keeps a cell with a line break on its line', () => {
    expect(table(['A', 'B'], [['a\r\nb\tc', 'x']])).toBe('A      B\na b c  x\n');
  });
});

test('what a log holds does not reach the terminal as a command; our own styles do', () => {
  const evil = 'a\u001b[2Jb\u001b]0;title\u0007c\u009bd';
  expect(table(['A'], [[evil]])).toBe('A\na [2Jb ]0;title c d\n');
  expect(pairs([['a', `${styles(true).red('x')}${evil}\nb`]])).toBe(
    '  a  \u001b[31mx\u001b[0ma [2Jb ]0;title c d b\n',
  );
});

test('a style that is none of ours, and one where nothing is styled, does not reach it either', () => {
  const hidden = 'a\u001b[8mb\u001b[31mc';
  expect(plainLine(hidden)).toBe('a [8mb [31mc');
  expect(table(['A'], [[hidden]])).toBe('A\na [8mb [31mc\n');
  expect(pairs([['a', 'x\u001b[8my']])).toBe('  a  x [8my\n');
  expect(warningLines([{ code: 'A_B', message: 'Mind\u001b[2J\nthis.' }])).toBe(
    'warning: Mind [2J this. (A_B)\n',
  );
});

test('a warning that several results have is told once', () => {
  const [one, other] = ['one', 'other'].map((message) => ({ code: 'A_B', message }));
  if (!one || !other) throw new Error('two warnings');
  expect(warningLines([one, other, one])).toBe('warning: one (A_B)\nwarning: other (A_B)\n');
});

describe('pairs', () => {
  test('stand under each other; what has no value is left out', () => {
    expect(
      pairs([
        ['a', '1'],
        ['long', undefined],
        ['bb', ''],
      ]),
    ).toBe('  a   1\n  bb  \n');
  });

  test('of nothing are nothing', () => {
    expect(pairs([])).toBe('');
    expect(pairs([['a', undefined]])).toBe('');
  });
});

test.each([
  { instant: '2026-12-01T12:00:00.000Z', text: 'just now' },
  { instant: '2026-12-01T11:59:01.000Z', text: 'just now' },
  { instant: '2026-12-01T11:59:00.000Z', text: '1 minute ago' },
  { instant: '2026-12-01T10:00:00.000Z', text: '2 hours ago' },
  { instant: '2026-11-30T12:00:00.000Z', text: '1 day ago' },
  { instant: '2026-11-24T12:00:00.000Z', text: '1 week ago' },
  { instant: '2026-10-01T12:00:00.000Z', text: '2 months ago' },
  { instant: '2024-12-01T12:00:00.000Z', text: '2 years ago' },
  { instant: '2026-12-01T12:00:30.000Z', text: 'in a moment' },
  { instant: '2026-12-01T13:30:00.000Z', text: 'in 1 hour' },
])('$instant is $text', ({ instant, text }) => {
  expect(age(instant, now)).toBe(text);
});

test.each([
  { count: 0, text: '0 B' },
  { count: 1, text: '1 B' },
  { count: 33.4, text: '33 B' },
  { count: 999, text: '999 B' },
  { count: 999.6, text: '1.0 kB' },
  { count: 1000, text: '1.0 kB' },
  { count: 999_949, text: '999.9 kB' },
  { count: 999_999, text: '1.0 MB' },
  { count: 1_000_000, text: '1.0 MB' },
  { count: 1.1e9, text: '1.1 GB' },
  { count: 2e12, text: '2.0 TB' },
  { count: 3e15, text: '3000.0 TB' },
])('$count bytes are $text', ({ count, text }) => {
  expect(bytes(count)).toBe(text);
});

test('times are told to the second', () => {
  expect(time('2026-03-01T04:10:00.123Z')).toBe('2026-03-01T04:10:00Z');
  expect(time('2026-03-01T04:10:00Z')).toBe('2026-03-01T04:10:00Z');
});

test('numbers have commas, whatever the language of the machine', () => {
  expect(integer(1_234_567)).toBe('1,234,567');
  expect(plural(1, 'file')).toBe('1 file');
  expect(plural(0, 'file')).toBe('0 files');
});

test('a warning is a line with its code', () => {
  expect(warningLines([{ code: 'A_B', message: 'Mind.' }])).toBe('warning: Mind. (A_B)\n');
  expect(warningLines([])).toBe('');
});

test('styles are none where there is no colour', () => {
  expect(styles(false).red('x')).toBe('x');
  expect(styles(true).red('x')).toBe('\u001b[31mx\u001b[0m');
});

import { expect, test } from 'vitest';
import type { CliContext } from '../context.ts';
import { progressLine } from './progress-line.ts';

/** A terminal, or a pipe, with a clock that the test sets. */
function aScreen({ isInteractive = true } = {}) {
  const drawn: string[] = [];
  let now = 0;
  // Only these are asked for.
  const context = { err: (text: string) => drawn.push(text), isInteractive, now: () => now };
  return {
    drawn,
    at: (ms: number) => {
      now = ms;
    },
    line: progressLine(context as unknown as CliContext),
  };
}

test('the line is drawn over itself: fraction, rows, bytes, and after a second rate and rest', () => {
  const { line, drawn, at } = aScreen();
  line.update('features', { fraction: 0, rows: 0, bytes: 0 });
  at(4000);
  line.update('features', { fraction: 0.25, rows: 1_000_000, bytes: 8_000_000 });
  line.clear();
  expect(drawn).toEqual([
    '\r\u001b[Kfeatures: 0 %, 0 rows, 0 B',
    '\r\u001b[Kfeatures: 25 %, 1,000,000 rows, 8.0 MB, 2.0 MB/s, 12 s left',
    '\r\u001b[K',
  ]);
});

test('rows that nobody knows are left out', () => {
  const { line, drawn } = aScreen();
  line.update('features', { fraction: 0.5, bytes: 10 });
  expect(drawn).toEqual(['\r\u001b[Kfeatures: 50 %, 10 B']);
});

test('each table has a time of its own', () => {
  const { line, drawn, at } = aScreen();
  line.update('a', { fraction: 0.1, bytes: 1 });
  at(10_000);
  line.update('b', { fraction: 0.1, bytes: 1 });
  expect(drawn.at(-1)).toBe('\r\u001b[Kb: 10 %, 1 B');
});

test('at the end nothing is left', () => {
  const { line, drawn, at } = aScreen();
  line.update('a', { fraction: 0, bytes: 0 });
  at(2000);
  line.update('a', { fraction: 1, bytes: 100 });
  expect(drawn.at(-1)).toBe('\r\u001b[Ka: 100 %, 100 B, 50 B/s, 0 s left');
});

test('in a pipe nothing is drawn', () => {
  const { line, drawn } = aScreen({ isInteractive: false });
  line.update('a', { fraction: 0.5, bytes: 1 });
  line.clear();
  expect(drawn).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { DeltaLogError, isDeltaLogError, isDeltaLogErrorCode } from './errors.ts';

test('every code of the Rust side is known here', () => {
  const source = readFileSync(fileURLToPath(new URL('../src/error.rs', import.meta.url)), 'utf8');
  const codes = [...source.matchAll(/serde\(rename = "([A-Z_]+)"\)/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThanOrEqual(6);
  expect(codes.filter((code) => !isDeltaLogErrorCode(code))).toEqual([]);
});

test('an error carries its facts, and is known by its brand', () => {
  const error = new DeltaLogError('LOG_GAP', { first: 3, last: 4 });
  expect(error.details).toEqual({ first: 3, last: 4 });
  expect(error.message).toContain('3 to 4');
  expect(isDeltaLogError(error)).toBe(true);
  expect(isDeltaLogError(error, 'LOG_GAP')).toBe(true);
  expect(isDeltaLogError(error, 'LOG_DAMAGED')).toBe(false);
  expect(isDeltaLogError(new Error('no'))).toBe(false);
});

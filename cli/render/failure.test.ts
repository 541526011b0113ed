import { expect, test } from 'vitest';
import { LineageError } from '../../src/index.ts';
import { failureText } from './failure.ts';

test('what an error names does not reach the terminal as a command', () => {
  const text = failureText(new LineageError('TABLE_NOT_FOUND', { location: '/x\u001b[2Jy' }));
  expect(text).toContain('error: There is nothing at /x [2Jy.\n');
});

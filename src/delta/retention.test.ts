import { expect, test } from 'vitest';
import { deletedFileRetention, intervalMs, logRetention } from './retention.ts';

const day = 86_400_000;
const key = 'delta.deletedFileRetentionDuration';

test.each([
  { text: 'interval 30 days', ms: 30 * day },
  { text: 'interval 1 week', ms: 7 * day },
  { text: '30 days', ms: 30 * day },
  { text: 'INTERVAL 2 Weeks', ms: 14 * day },
  { text: '  interval   1 day   12 hours ', ms: 1.5 * day },
  { text: 'interval 90 minutes 30 seconds', ms: 5_430_000 },
  { text: 'interval 1500 milliseconds', ms: 1500 },
  { text: 'interval 2000 microseconds', ms: 2 },
  { text: 'interval 1.5 hours', ms: 5_400_000 },
  { text: 'interval 0 hours', ms: 0 },
  { text: 'interval 2 days -12 hours', ms: 1.5 * day },
])("'$text' is $ms ms", ({ text, ms }) => {
  expect(intervalMs(text)).toBe(ms);
});

test.each([
  { text: 'interval 1 month', why: 'a month has no fixed length' },
  { text: 'interval 1 year 2 days', why: 'nor has a year' },
  { text: 'interval', why: 'no amount' },
  { text: '', why: 'nothing' },
  { text: 'forever', why: 'no interval' },
  { text: 'interval 3 fortnights', why: 'no unit of Spark' },
  { text: 'interval days 3', why: 'the wrong way round' },
  { text: '30', why: 'no unit' },
  { text: 'interval 1 day2 hours', why: 'a number that sticks to a unit' },
])("'$text' can't be told: $why", ({ text }) => {
  expect(intervalMs(text)).toBeUndefined();
});

test('removed files are safe for a week where the table does not say otherwise', () => {
  expect(deletedFileRetention({})).toBe(7 * day);
  expect(deletedFileRetention({ [key]: 'interval 30 days' })).toBe(30 * day);
  expect(deletedFileRetention({ [key]: 'interval 1 month' })).toBeUndefined();
});

test('the log is kept for 30 days where the table does not say otherwise, for ever where it is not cleaned', () => {
  const name = 'delta.logRetentionDuration';
  expect(logRetention({})).toBe(30 * day);
  expect(logRetention({ [name]: 'interval 60 days' })).toBe(60 * day);
  expect(logRetention({ [name]: 'interval 1 year' })).toBeUndefined();
  expect(logRetention({ 'delta.enableExpiredLogCleanup': 'FALSE', [name]: 'interval 1 day' })).toBe(
    Number.POSITIVE_INFINITY,
  );
});

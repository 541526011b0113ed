import { expect, test } from 'vitest';
import {
  deletedFileRetention,
  deltaRsFileRetention,
  deltaRsLogRetention,
  intervalMs,
  logRetention,
} from './retention.ts';

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

test.each([
  { text: 'interval 30 days', ms: 30 * day },
  { text: ' interval  +3 week ', ms: 21 * day },
  { text: 'interval 1 hour 30 days', ms: day / 24 },
  { text: '30 days', ms: 7 * day },
  { text: 'INTERVAL 30 days', ms: 7 * day },
  { text: 'interval 30 DAYS', ms: 7 * day },
  { text: 'interval 30.5 days', ms: 7 * day },
  { text: 'interval -30 days', ms: 7 * day },
  { text: 'interval 1 month', ms: 7 * day },
])("delta-rs spares removed files $ms ms where the table says '$text'", ({ text, ms }) => {
  expect(deltaRsFileRetention({ [key]: text })).toBe(ms);
});

test('delta-rs keeps the log for 30 days where it can not read how long, or whether it is cleaned', () => {
  const name = 'delta.logRetentionDuration';
  expect(deltaRsLogRetention({})).toBe(30 * day);
  expect(deltaRsLogRetention({ [name]: 'interval 60 days' })).toBe(60 * day);
  expect(deltaRsLogRetention({ [name]: '60 days' })).toBe(30 * day);
  expect(deltaRsLogRetention({ 'delta.enableExpiredLogCleanup': 'FALSE' })).toBe(30 * day);
  expect(deltaRsLogRetention({ 'delta.enableExpiredLogCleanup': 'false' })).toBe(
    Number.POSITIVE_INFINITY,
  );
});

import { describe, expect, test } from 'vitest';
import { aSpan, aTimeline, storedOf } from '../../test/support/timelines.ts';
import { LineageError } from '../base/errors.ts';
import type { Timeline } from '../delta/table-timeline.ts';
import { fatesOf } from './forecast.ts';
import { versionReadability } from './readability.ts';

const day = 86_400_000;
const week = 7 * day;
const month = 30 * day;
/** A Wednesday noon. */
const noon = Date.parse('2026-03-04T12:00:00Z');

function judged(
  timeline: Timeline,
  version: number,
  { now = noon, others = {} }: { now?: number; others?: Parameters<typeof storedOf>[1] } = {},
) {
  const stored = storedOf(timeline, others);
  return versionReadability(timeline, stored, fatesOf(timeline, stored), version, now);
}

/** Three versions of a day each; the second removes `a`, the third `b`. */
const threeDays = (fields: Parameters<typeof aTimeline>[0] = {}) =>
  aTimeline({
    times: [noon, noon + day, noon + 2 * day],
    spans: [
      aSpan('a', { to: 1, removedAt: noon + day }),
      aSpan('b', { to: 2, removedAt: noon + 2 * day }),
      aSpan('c'),
    ],
    ...fields,
  });

describe('a version', () => {
  test('is readable, and the first thing that can happen to it comes first', () => {
    expect(judged(threeDays(), 0)).toMatchObject({
      state: 'readable',
      changes: [
        { to: 'refused', at: noon + week + 1 },
        { to: 'files-lost', at: noon + day + week },
        { to: 'log-lost', at: noon + day + month + 1, by: 'log cleanup of delta-rs' },
        { to: 'log-lost', at: noon + 1.5 * day + month, by: 'log cleanup of Spark' },
      ],
    });
  });

  test('loses nothing after the last moment that a date can tell', () => {
    const properties = {
      'delta.deletedFileRetentionDuration': 'interval 99999999999 weeks',
      'delta.logRetentionDuration': 'interval 99999999999 weeks',
    };
    expect(judged(threeDays({ properties }), 0)).toEqual({ state: 'readable', changes: [] });
  });

  test('is lost to delta-rs first, where that can not read the intervals', () => {
    const properties = {
      'delta.deletedFileRetentionDuration': '60 days',
      'delta.logRetentionDuration': 'INTERVAL 60 days',
    };
    expect(judged(threeDays({ properties }), 0).changes).toMatchObject([
      {
        to: 'files-lost',
        at: noon + day + week,
        by: 'VACUUM of delta-rs',
        value: '60 days (168 h for delta-rs)',
      },
      {
        to: 'log-lost',
        at: noon + day + month + 1,
        by: 'log cleanup of delta-rs',
        value: 'INTERVAL 60 days (720 h for delta-rs)',
      },
      { to: 'refused', at: noon + 60 * day + 1, value: '60 days' },
      { to: 'log-lost', at: noon + 1.5 * day + 60 * day, value: 'INTERVAL 60 days' },
    ]);
  });

  test('loses nothing while it is the latest', () => {
    expect(judged(threeDays(), 2, { now: noon + 900 * day })).toEqual({
      state: 'readable',
      changes: [],
    });
  });

  test.each([
    { age: week, state: 'readable' },
    { age: week + 1, state: 'refused' },
  ])('of $age ms is $state', ({ age, state }) => {
    expect(judged(threeDays(), 0, { now: noon + age })).toMatchObject({ state });
  });

  test('that is refused can not be refused any more', () => {
    const { state, changes = [] } = judged(threeDays(), 0, { now: noon + 2 * week });
    expect(state).toBe('refused');
    expect(changes.map(({ to }) => to)).toEqual(['files-lost', 'log-lost', 'log-lost']);
  });

  test('is refused by its own in-commit timestamp, where it has one', () => {
    const [first, ...rest] = threeDays().commits;
    if (first === undefined) throw new Error('three commits');
    const own = { ...first, hasOwnTime: true, committedAt: noon - month };
    expect(judged(threeDays({ commits: [own, ...rest] }), 0)).toMatchObject({ state: 'refused' });
  });

  test('is refused by the file time as it is, not as it is evened out', () => {
    const [first, ...rest] = threeDays().commits;
    if (first === undefined) throw new Error('three commits');
    const evened = { ...first, fileTime: noon - month };
    expect(judged(threeDays({ commits: [evened, ...rest] }), 0)).toMatchObject({
      state: 'refused',
    });
  });

  test('of which only the checkpoint is left is refused, young or not', () => {
    const commits = threeDays().commits.slice(1);
    const checkpoints = [{ version: 0, writtenAt: noon }];
    expect(judged(threeDays({ commits, checkpoints }), 0)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('only a checkpoint is left'),
    });
    expect(judged(threeDays({ commits, checkpoints }), 1)).toMatchObject({ state: 'readable' });
  });

  test('before the first checkpoint whose commits are all there is refused', () => {
    const times = Array.from({ length: 8 }, () => noon);
    const whole = aTimeline({ times, spans: [aSpan('a')] });
    const checkpoints = [2, 6].map((version) => ({ version, writtenAt: noon }));
    const timeline = { ...whole, commits: whole.commits.slice(4), checkpoints };
    expect(judged(timeline, 5)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('before v6'),
    });
    expect(judged(timeline, 6)).toMatchObject({ state: 'readable' });
  });

  test('with a file gone has lost it, with its rows', () => {
    expect(judged(threeDays(), 0, { others: { a: undefined } })).toEqual({
      state: 'files-lost',
      reason: '1 of 3 data files are gone, 10 of 30 rows',
      lost: { files: 1, ofFiles: 3, rows: 10, ofRows: 30 },
      changes: [],
    });
    expect(judged(threeDays(), 1, { others: { a: undefined } })).toMatchObject({
      state: 'readable',
    });
  });

  test('with a file of another size has lost it', () => {
    expect(judged(threeDays(), 0, { others: { a: { sizeBytes: 99 } } })).toMatchObject({
      state: 'files-lost',
      reason: '1 of 3 data files have another size now, 10 of 30 rows',
    });
  });

  test.each([
    { vector: undefined, why: 'gone' },
    { vector: { sizeBytes: 43 }, why: 'cut off' },
  ])(
    'whose deletion vector is $why has lost the file, since nobody knows its rows',
    ({ vector }) => {
      const timeline = threeDays({
        spans: [aSpan('a', { vector: { location: '/t/vector', endsAt: 44 } })],
      });
      expect(judged(timeline, 0)).toMatchObject({ state: 'readable' });
      expect(judged(timeline, 0, { others: { vector } })).toMatchObject({ state: 'files-lost' });
    },
  );

  test('with a file where none may be is unknown', () => {
    const timeline = threeDays({ spans: [aSpan('../a', { location: undefined })] });
    expect(judged(timeline, 2)).toMatchObject({ state: 'unknown' });
  });

  test.each([
    {
      failure: new LineageError('VERSION_TOO_OLD', { table: 't', version: 0, latest: 2 }),
      state: 'log-lost',
    },
    { failure: new LineageError('LOG_GAP', { table: 't', first: 0, last: 0 }), state: 'log-lost' },
    {
      failure: new LineageError('VERSION_TOO_NEW', { table: 't', version: 0, latest: 2 }),
      state: 'unknown',
    },
    {
      failure: new LineageError('FEATURE_UNSUPPORTED', { table: 't', features: ['x'] }),
      state: 'unknown',
    },
  ])('that fails with $failure.code is $state', ({ failure, state }) => {
    expect(judged(threeDays({ failures: new Map([[0, failure]]) }), 0)).toMatchObject({
      state,
      reason: failure.message,
    });
  });

  test('of a table with a retention that nobody can count is unknown, unless it is the latest', () => {
    const properties = { 'delta.deletedFileRetentionDuration': 'interval 1 month' };
    expect(judged(threeDays({ properties }), 0)).toMatchObject({
      state: 'unknown',
      unforeseen: expect.stringContaining('interval 1 month'),
    });
    expect(judged(threeDays({ properties }), 2)).toMatchObject({ state: 'readable' });
  });

  test('with files of another table can lose them any time', () => {
    const timeline = threeDays({ spans: [aSpan('a', { isForeign: true })] });
    expect(judged(timeline, 2)).toMatchObject({
      state: 'readable',
      unforeseen: expect.stringContaining('another table'),
    });
  });
});

describe('VACUUM spares', () => {
  const lostAt = (timeline: Timeline, others: Parameters<typeof storedOf>[1] = {}) =>
    judged(timeline, 0, { others }).changes?.find(({ to }) => to === 'files-lost')?.at;
  const removed = { to: 1, removedAt: noon + day };

  test('what the latest version has, though it was gone in between', () => {
    const spans = [aSpan('a', removed), aSpan('a', { from: 2 })];
    expect(lostAt(threeDays({ spans }))).toBeUndefined();
  });

  test('a file that stays with another deletion vector; the old vector goes', () => {
    const spans = [
      aSpan('a', { ...removed, vector: { location: '/t/v', endsAt: 40 } }),
      aSpan('a', { from: 1 }),
    ];
    expect(lostAt(threeDays({ spans }))).toBe(noon + day + week);
    const inline = [aSpan('a', removed), aSpan('a', { from: 1 })];
    expect(lostAt(threeDays({ spans: inline }))).toBeUndefined();
  });

  test('a file until its last removal is old enough', () => {
    const spans = [aSpan('a', removed), aSpan('a', { from: 1, to: 2, removedAt: noon + 2 * day })];
    expect(lostAt(threeDays({ spans }))).toBe(noon + 2 * day + week);
  });

  test('nothing whose removal nobody dated', () => {
    const spans = [aSpan('a', { to: 1 })];
    expect(lostAt(threeDays({ spans }))).toBe(week);
  });

  test('what a checkpoint forgot by the time of the file alone', () => {
    const spans = [aSpan('a', removed)];
    const properties = { 'delta.deletedFileRetentionDuration': 'interval 100 days' };
    const base = threeDays({ spans, properties });
    const [now] = base.metadata;
    if (now === undefined) throw new Error('there is metadata');
    // The retention was a week when the checkpoint was written, two weeks after the removal.
    const timeline = {
      ...base,
      metadata: [
        { ...now, properties: {} },
        { ...now, from: 2 },
      ],
      checkpoints: [{ version: 1, writtenAt: noon + day + 2 * week }],
    };
    const others = { a: { modifiedAt: noon - day } };
    expect(lostAt(timeline, others)).toBe(noon - day + 100 * day);
    const fresh = { ...timeline, checkpoints: [{ version: 1, writtenAt: noon + 2 * day }] };
    expect(lostAt(fresh, others)).toBe(noon + day + 100 * day);
  });
});

describe('the log is cleaned', () => {
  const cleanups = (timeline: Timeline, version: number) =>
    judged(timeline, version)
      .changes?.filter(({ to }) => to === 'log-lost')
      .map(({ by, at }) => [by.replace('log cleanup of ', ''), at]);
  const times = Array.from({ length: 10 }, (_, n) => noon + n * day);

  test('up to the first checkpoint after the version', () => {
    const timeline = aTimeline({
      times,
      checkpoints: [
        { version: 3, writtenAt: noon + 3 * day },
        { version: 7, writtenAt: noon + 7 * day },
      ],
    });
    expect(cleanups(timeline, 2)).toEqual([
      ['delta-rs', noon + 2 * day + month + 1],
      ['Spark', noon + 2.5 * day + month],
    ]);
    expect(cleanups(timeline, 3)).toEqual([
      ['delta-rs', noon + 6 * day + month + 1],
      ['Spark', noon + 6.5 * day + month],
    ]);
    // No checkpoint after it yet: the next one comes with the latest version at the earliest.
    expect(cleanups(timeline, 7)).toEqual([
      ['delta-rs', noon + 8 * day + month + 1],
      ['Spark', noon + 8.5 * day + month],
    ]);
  });

  test('never, where the table says so', () => {
    const properties = { 'delta.enableExpiredLogCleanup': 'false' };
    expect(cleanups(aTimeline({ times, properties }), 2)).toEqual([]);
  });

  test("after the table's own time", () => {
    const properties = { 'delta.logRetentionDuration': 'interval 365 days' };
    expect(cleanups(aTimeline({ times, properties }), 8)).toEqual([
      ['delta-rs', noon + 8 * day + 365 * day + 1],
      ['Spark', noon + 8.5 * day + 365 * day],
    ]);
  });
});

import { expect, test } from 'vitest';
import { justBefore as named } from './log-file.ts';
import { arrange } from './log-listing.ts';
import { earliestVersion, latestVersion, logSegment } from './log-segment.ts';

interface Log {
  readonly commits?: readonly number[];
  readonly checkpoints?: readonly number[];
  /** Version and number of the only part there, of two. */
  readonly halves?: readonly number[];
}

function aLog({ commits = [], checkpoints = [], halves = [] }: Log) {
  return arrange(
    [
      ...commits.map((version) => ({ name: `${named(version)}.json` })),
      ...checkpoints.map((version) => ({ name: `${named(version)}.checkpoint.parquet` })),
      ...halves.map((version) => ({
        name: `${named(version)}.checkpoint.0000000001.0000000002.parquet`,
      })),
    ],
    undefined,
  );
}

test.each([
  { log: { commits: [0] }, version: 0, from: undefined, commits: [0], why: 'version 0 is one' },
  { log: { commits: [0, 1, 2] }, version: 1, from: undefined, commits: [0, 1], why: 'the start' },
  {
    log: { commits: [0, 1, 2, 3, 4], checkpoints: [2] },
    version: undefined,
    from: 2,
    commits: [3, 4],
    why: 'the latest, from the checkpoint on',
  },
  {
    log: { commits: [0, 1, 2, 3, 4], checkpoints: [2] },
    version: 1,
    from: undefined,
    commits: [0, 1],
    why: 'before the checkpoint',
  },
  {
    log: { commits: [3, 4], checkpoints: [2] },
    version: 2,
    from: 2,
    commits: [],
    why: 'a checkpoint whose commit is gone',
  },
  {
    log: { commits: [0, 1, 2, 3, 4, 5], checkpoints: [1, 3], halves: [5] },
    version: 5,
    from: 3,
    commits: [4, 5],
    why: 'past an incomplete checkpoint',
  },
  {
    log: { commits: [0, 2, 3], checkpoints: [2] },
    version: 3,
    from: 2,
    commits: [3],
    why: 'a gap before the checkpoint does not matter',
  },
])('$why', ({ log, version, from, commits }) => {
  const segment = logSegment(aLog(log), version);
  expect(segment.checkpoint?.version).toBe(from);
  expect(segment.commits.map((commit) => commit.version)).toEqual(commits);
  expect(segment.version).toBe(version ?? commits.at(-1));
});

test.each([
  { log: {}, version: 0, code: 'TABLE_NOT_FOUND', details: {} },
  {
    log: { commits: [0, 1] },
    version: 2,
    code: 'VERSION_NOT_FOUND',
    details: { version: 2, earliest: 0, latest: 1 },
  },
  {
    log: { commits: [6, 7, 8], checkpoints: [7] },
    version: 6,
    code: 'VERSION_NOT_FOUND',
    details: { version: 6, earliest: 7, latest: 8 },
  },
  {
    log: { commits: [6, 7] },
    version: 9,
    code: 'VERSION_NOT_FOUND',
    details: { version: 9, latest: 7 },
  },
  { log: { commits: [6, 7] }, version: 7, code: 'LOG_GAP', details: { first: 0, last: 5 } },
  { log: { commits: [0, 2, 5] }, version: 5, code: 'LOG_GAP', details: { first: 1, last: 1 } },
  {
    log: { commits: [0, 3, 6], checkpoints: [3] },
    version: 6,
    code: 'LOG_GAP',
    details: { first: 4, last: 5 },
  },
  {
    log: { commits: [0, 1, 4], checkpoints: [] },
    version: 3,
    code: 'LOG_GAP',
    details: { first: 2, last: 3 },
  },
  {
    log: { commits: [4, 5], halves: [4] },
    version: 5,
    code: 'CHECKPOINT_INCOMPLETE',
    details: { version: 4, parts: 2, missing: [2] },
  },
])('$code for version $version of $log', ({ log, version, code, details }) => {
  expect(() => logSegment(aLog(log), version)).toThrow(expect.objectContaining({ code, details }));
});

test('the earliest version is 0, or the oldest checkpoint, or unknown', () => {
  expect(earliestVersion(aLog({ commits: [0, 1], checkpoints: [1] }))).toBe(0);
  expect(earliestVersion(aLog({ commits: [1, 2, 3], checkpoints: [2, 3] }))).toBe(2);
  expect(earliestVersion(aLog({ commits: [1, 2] }))).toBeUndefined();
});

test('the latest version may have a checkpoint only', () => {
  expect(latestVersion(aLog({ commits: [0, 1], checkpoints: [2] }))).toBe(2);
  expect(latestVersion(aLog({}))).toBeUndefined();
});

test.each([-1, 1.5, Number.NaN])('%d is no version', (version) => {
  expect(() => logSegment(aLog({ commits: [0, 1] }), version)).toThrow(TypeError);
});

test('what a store lists twice is there once, and fills no gap', () => {
  const twice = logSegment(aLog({ commits: [0, 0, 1], checkpoints: [1, 1] }));
  expect(twice.commits).toEqual([]);
  expect(logSegment(aLog({ commits: [0, 1, 1, 2] })).commits).toHaveLength(3);
  expect(() => logSegment(aLog({ commits: [0, 1, 1, 3] }))).toThrow(
    expect.objectContaining({ code: 'LOG_GAP', details: { first: 2, last: 2 } }),
  );
});

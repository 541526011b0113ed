import { describe, expect, test } from 'vitest';
import type { StoredEntry, Tombstone } from './table-timeline.ts';
import { type VacuumOptions, type VacuumSubject, vacuumed } from './vacuum.ts';

const hour = 3_600_000;
const week = 168 * hour;
const now = Date.parse('2026-12-01T12:00:00Z');

/** A file of some age in hours. */
const file = (path: string, ageHours = 1000): StoredEntry => ({
  path,
  isFolder: false,
  sizeBytes: 10,
  modifiedAt: now - ageHours * hour,
});
const folder = (path: string): StoredEntry => ({ ...file(path), isFolder: true, sizeBytes: 0 });
const removed = (path: string, hoursAgo: number, vector?: string): Tombstone => ({
  path,
  inside: path,
  vectorInside: vector,
  removedAt: now - hoursAgo * hour,
});

function deleted(
  subject: Partial<VacuumSubject>,
  options: Partial<VacuumOptions> = {},
): readonly string[] {
  return vacuumed(
    {
      entries: [],
      live: new Set(),
      liveVectors: new Set(),
      tombstones: [],
      partitionColumns: [],
      properties: {},
      tableRetentionMs: week,
      ...subject,
    },
    { engine: 'spark', now, ...options },
  ).map(({ path }) => path);
}

describe('Spark', () => {
  test('spares what is live, what was removed lately, and what is young', () => {
    const subject = {
      entries: [file('live'), file('lately'), file('long-ago'), file('stray'), file('young', 1)],
      live: new Set(['live']),
      tombstones: [removed('lately', 100), removed('long-ago', 200)],
    };
    expect(deleted(subject)).toEqual(['long-ago', 'stray']);
  });

  test.each([
    { hoursAgo: 168, isSpared: false },
    { hoursAgo: 168 - 1 / hour, isSpared: true },
  ])('spares a file removed $hoursAgo hours ago: $isSpared', ({ hoursAgo, isSpared }) => {
    const subject = { entries: [file('a')], tombstones: [removed('a', hoursAgo)] };
    expect(deleted(subject)).toEqual(isSpared ? [] : ['a']);
  });

  test('spares deletion vectors of live files and of young removals', () => {
    const subject = {
      entries: [file('v1.bin'), file('v2.bin'), file('v3.bin')],
      liveVectors: new Set(['v1.bin']),
      tombstones: [removed('a', 1, 'v2.bin'), removed('b', 500, 'v3.bin')],
    };
    expect(deleted(subject)).toEqual(['v3.bin']);
  });

  test('from Delta 4.1 on takes RETAIN only when it is 0, before always; unsaid, whichever deletes more', () => {
    const subject = {
      entries: [file('two-days', 900), file('ten-days', 900)],
      tombstones: [removed('two-days', 48), removed('ten-days', 240)],
    };
    const by = (engine: VacuumOptions['engine'], hours: number) =>
      deleted(subject, { engine, retainMs: hours * hour });
    expect(by('spark-4.1', 24)).toEqual(['ten-days']);
    expect(by('spark-4.0', 24)).toEqual(['ten-days', 'two-days']);
    expect(by('spark', 24)).toEqual(['ten-days', 'two-days']);
    expect(by('spark-4.1', 0)).toEqual(['ten-days', 'two-days']);
    // A longer RETAIN does not bring back what the state has forgotten: only the file's own age counts then.
    expect(by('spark-4.0', 1000)).toEqual([]);
    expect(by('spark', 1000)).toEqual(['ten-days']);
  });

  test('does not look into hidden folders, but into partitions and change data', () => {
    const subject = {
      entries: [
        ...['_hidden', '_change_data', '_p=1', 'metadata'].map(folder),
        ...['_hidden/a', '.b', '_change_data/c', '_p=1/d', 'metadata/e'].map((path) => file(path)),
      ],
      partitionColumns: ['_p'],
    };
    expect(deleted(subject)).toEqual(['_change_data/c', '_p=1/d', 'metadata/e']);
    const properties = { 'delta.universalFormat.enabledFormats': 'iceberg' };
    expect(deleted({ ...subject, properties })).toEqual(['_change_data/c', '_p=1/d']);
  });

  test('tries folders that hold nothing old', () => {
    const subject = {
      entries: [
        ...['empty', 'old', 'young', 'live'].map(folder),
        file('old/a'),
        file('young/b', 1),
        file('live/c'),
      ],
      live: new Set(['live/c']),
    };
    expect(deleted(subject)).toEqual(['empty', 'old/a', 'young']);
  });
});

describe('delta-rs', () => {
  const subject = {
    entries: [
      file('live'),
      file('lately'),
      file('long-ago', 1),
      file('stray'),
      file('young', 1),
      file('v.bin'),
      folder('empty'),
    ],
    live: new Set(['live']),
    liveVectors: new Set(['v.bin']),
    tombstones: [removed('lately', 100), removed('long-ago', 200)],
  };

  test('deletes what was removed long ago, whatever its age, and nothing else', () => {
    expect(deleted(subject, { engine: 'delta-rs' })).toEqual(['long-ago']);
  });

  test('in full also what nobody knows, live deletion vectors among it', () => {
    expect(deleted(subject, { engine: 'delta-rs-full' })).toEqual(['long-ago', 'stray', 'v.bin']);
  });

  test('keeps what versions to keep need', () => {
    const keep = new Set(['long-ago']);
    expect(deleted(subject, { engine: 'delta-rs', keep })).toEqual([]);
  });
});

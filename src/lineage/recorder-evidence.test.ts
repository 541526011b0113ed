import { expect, test } from 'vitest';
import { aModelVersion } from '../../test/support/builders.ts';
import { versionEvidence } from './recorder-evidence.ts';

const noted = (note: string) =>
  versionEvidence(aModelVersion({ tags: { 'asof.data': note } }), {}).evidence.map(
    ({ ref, version }) => [ref, version],
  );

test('the note on a model version names each of its tables', () => {
  expect(noted('a.t@v0, /data/b, c@v12')).toEqual([
    ['a.t', 0],
    ['/data/b, c', 12],
  ]);
});

test('of a note that MLflow may have cut within a version nothing is taken', () => {
  expect(noted(`${'a'.repeat(4995)}.t@v1`.slice(-5000))).toEqual([]);
  expect(noted(`${'a'.repeat(4996)}@v1`)).toHaveLength(1);
});

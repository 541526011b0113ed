import { expect, test } from 'vitest';
import { aDeltaInput, aRun } from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import { fakeTable, fakeTables, threeVersions } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import type { ArtifactReader } from '../registry/artifact-reader.ts';
import type { Run } from '../registry/run.ts';
import { type BackfillSources, backfill } from './backfill.ts';

const table = fakeTable();
const history = { 'mlflow.log-model.history': '[{"artifact_path": "model"}]' };
/** Before the third version was there, and after the second. */
const between = Date.parse('2026-03-02T12:00:00Z');

async function proposals(
  run: Run,
  read: ArtifactReader['read'],
  { versions = threeVersions } = {},
) {
  const tables = fakeTables(fakeTable({ versions }));
  const sources = {
    ...fakeRegistry({ runs: [run] }),
    tables,
    search: {
      async *all() {
        yield run;
      },
      byIds: async () => new Map(),
    },
    artifactReader: { list: async () => [{ path: 'model/MLmodel', isFolder: false }], read },
  } as unknown as BackfillSources;
  const lines = [];
  const options = { now: between, asof: '0', minConfidence: 0.5, isApplied: false };
  for await (const line of backfill(sources, options)) lines.push(line);
  return lines;
}

test('what only the files of a model say is proposed', async () => {
  const run = aRun({ startedAt: between, tags: history });
  const text = `metadata:\n  feature_table: ${table.location}\n  feature_table_version: 0\n`;
  expect(await proposals(run, async () => text)).toMatchObject([
    { action: 'stamp', tables: [{ version: 0, certainty: 'recorded' }] },
  ]);
});

test('what the files of a model contradict is left', async () => {
  const params = { feature_table: table.location, feature_table_version: '1' };
  const run = aRun({ startedAt: between, tags: history, params });
  const text = `metadata:\n  feature_table: ${table.location}\n  feature_table_version: 0\n`;
  expect(await proposals(run, async () => text)).toMatchObject([
    { action: 'leave', tables: [{ certainty: 'conflicting' }] },
  ]);
});

test('nothing is inferred of a run whose files can not be read: they may say another version', async () => {
  const inputs = [aDeltaInput({ path: table.location }, { profile: '{"num_rows": 10}' })];
  const run = aRun({ startedAt: between, tags: history, inputs });
  const versions = threeVersions.slice(0, 2);
  const inferred = { certainty: 'inferred', version: 1 };
  expect(await proposals(run, async () => 'metadata: {}', { versions })).toMatchObject([
    { action: 'stamp', tables: [inferred] },
  ]);
  const down = new LineageError('SERVER_UNREACHABLE', { url: 'http://x', problem: 'y' });
  expect(await proposals(run, () => Promise.reject(down), { versions })).toMatchObject([
    { action: 'leave', tables: [inferred], why: expect.stringContaining('http://x') },
  ]);
});

test('stopped in the middle, it has told the journal of every run that it stamped', async () => {
  const params = { feature_table: table.location, feature_table_version: '0' };
  const runs = Array.from({ length: 120 }, (_, index) =>
    aRun({ id: `r${index}`, startedAt: between, params }),
  );
  const registry = fakeRegistry({ runs });
  const stop = new AbortController();
  const tagged: string[] = [];
  const tagger: BackfillSources['tagger'] = {
    async setTags(entries, options) {
      for (const { runId } of entries) {
        options?.signal?.throwIfAborted();
        tagged.push(runId);
        if (tagged.length === 60) stop.abort();
      }
      return [];
    },
  };
  const sources = {
    ...registry,
    tagger,
    tables: fakeTables(table),
    search: {
      async *all() {
        yield* runs;
      },
      byIds: async () => new Map(),
    },
  } as unknown as BackfillSources;
  const { signal } = stop;
  const options = { now: between, asof: '0', minConfidence: 0.5, isApplied: true, signal };
  const lines: unknown[] = [];
  const stopped = (async () => {
    for await (const line of backfill(sources, options)) lines.push(line);
  })();
  await expect(stopped).rejects.toThrow('aborted');
  expect(tagged.length).toBeGreaterThanOrEqual(60);
  expect(tagged.length).toBeLessThan(runs.length);
  expect(registry.entries.map(({ runId }) => runId)).toEqual(tagged);
  expect(lines).toHaveLength(tagged.length);
});

import { expect, test } from 'vitest';
import {
  aDeltaInput,
  aModelVersion,
  aRun,
  aStamp,
  aStampedTable,
} from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import { digestOf, fakeTable, fakeTables } from '../../test/support/fake-tables.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { ArtifactReader } from '../registry/artifact-reader.ts';
import { parseModelRef } from '../registry/model-ref.ts';
import { type StatusLine, statusLine } from './result/status.ts';
import { recordOf } from './stamp.ts';
import { isProtected, type StatusOptions, status } from './status.ts';

const now = Date.parse('2026-03-04T00:00:00Z');
const table = fakeTable();

/** A run that carries a stamp of a version of the table, or of what is said otherwise. */
async function stampedRun(id: string, fields: Parameters<typeof aStampedTable>[0] = {}) {
  const digest = await digestOf(table, 1);
  const stamp = aStamp({ tables: [aStampedTable({ version: 1, digest, ...fields })] });
  return aRun({ id, startedAt: now, ...recordOf(stamp) });
}

async function lines(
  registered: Parameters<typeof fakeRegistry>[0],
  refs: readonly string[] = [],
  options: Partial<StatusOptions> = {},
): Promise<readonly StatusLine[]> {
  const sources = { ...fakeRegistry(registered), tables: fakeTables(table) };
  const found: StatusLine[] = [];
  for await (const line of status(refs.map(parseModelRef), sources, { now, ...options })) {
    found.push(statusLine.parse(line));
  }
  return found;
}

test('versions that somebody relies on come first', async () => {
  const run = await stampedRun('r');
  const version = (name: string, number: number, fields = {}) =>
    aModelVersion({ name, version: number, runId: run.id, ...fields });
  const versions = [
    version('a', 1, { stage: 'Archived' }),
    version('a', 2),
    version('a', 3),
    version('b', 1, { stage: 'Staging' }),
    version('b', 2, { aliases: ['champion'] }),
    version('c', 7, { stage: 'Production' }),
  ];
  const order = (found: readonly StatusLine[]) =>
    found.map(({ model }) => `${model.name}/${model.version}`);
  expect(order(await lines({ runs: [run], versions }))).toEqual([
    ...['c/7', 'b/2', 'b/1'],
    ...['a/3', 'a/2', 'a/1'],
  ]);
  const isProtectedOnly = true;
  expect(order(await lines({ runs: [run], versions }, [], { isProtectedOnly }))).toEqual([
    ...['c/7', 'b/2', 'b/1'],
  ]);
  expect(versions.filter(isProtected).length).toBe(3);
});

test('the runs of many versions are asked for together, and those that are not found then one by one', async () => {
  const runs = await Promise.all(
    Array.from({ length: 30 }, (_, index) => stampedRun(`run-${index}`)),
  );
  const versions = [...runs, aRun({ id: 'gone' })].map(({ id: runId }, index) =>
    aModelVersion({ name: 'm', version: index + 1, runId, source: `runs:/${runId}/model` }),
  );
  const registry = fakeRegistry({ runs, versions });
  const asked: string[] = [];
  const together: number[] = [];
  const sources = {
    ...registry,
    tables: fakeTables(table),
    runs: {
      ...registry.runs,
      get: (id: string) => {
        asked.push(id);
        return registry.runs.get(id);
      },
    },
    search: {
      async *all() {},
      childrenOf: async () => [],
      firstWith: async () => [],
      byIds: async (ids: readonly string[]) => {
        together.push(ids.length);
        return new Map(runs.map((run) => [run.id, run]));
      },
    },
  };
  let readable = 0;
  for await (const { tables } of status([], sources, { now })) readable += tables.length;
  expect(readable).toBe(30);
  expect(together).toEqual([31]);
  expect(new Set(asked)).toEqual(new Set(['gone']));
});

test('a place that many runs name is looked at once to tell whether it is a table', async () => {
  const params = { data_path: table.location, source_path: '/nowhere' };
  const runs = Array.from({ length: 30 }, (_, index) => aRun({ id: `run-${index}`, params }));
  const versions = runs.map(({ id: runId }, index) =>
    aModelVersion({ name: 'm', version: index + 1, runId, source: `runs:/${runId}/model` }),
  );
  const opened: string[] = [];
  const tables = fakeTables(table);
  const sources = {
    ...fakeRegistry({ runs, versions }),
    tables: {
      open(name: Parameters<typeof tables.open>[0]) {
        opened.push(name.text);
        return tables.open(name);
      },
    },
  };
  let inferred = 0;
  for await (const { tables: found } of status([], sources, { now })) inferred += found.length;
  expect(inferred).toBe(30);
  expect(opened.filter((text) => text === table.location).length).toBeLessThan(5);
});

test('the history of a table is read once, and a dataset searched for once, however many runs recorded them', async () => {
  const input = aDeltaInput({ path: table.location, delta_table_version: 1 }, { digest: 'd' });
  const runs = Array.from({ length: 30 }, (_, index) =>
    aRun({ id: `run-${index}`, startedAt: now + index, inputs: [input] }),
  );
  const versions = runs.map(({ id: runId }, index) =>
    aModelVersion({ name: 'm', version: index + 1, runId, source: `runs:/${runId}/model` }),
  );
  let histories = 0;
  let searches = 0;
  const counted: DeltaTable = {
    ...table,
    history: {
      commits(options) {
        histories += 1;
        return table.history.commits(options);
      },
      resolve(moment) {
        histories += 1;
        return table.history.resolve(moment);
      },
    },
  };
  const sources = {
    ...fakeRegistry({ runs, versions }),
    tables: fakeTables(counted),
    search: {
      childrenOf: async () => [],
      byIds: async () => new Map(runs.map((run) => [run.id, run])),
      async firstWith() {
        searches += 1;
        return [];
      },
    },
  };
  let recorded = 0;
  for await (const { tables } of status([], sources, { now })) {
    recorded += tables.filter(
      ({ certainty, version }) => certainty === 'recorded' && version === 1,
    ).length;
  }
  expect(recorded).toBe(30);
  expect(histories).toBeLessThan(5);
  expect(searches).toBe(1);
});

test('of many runs that say nothing only those with children are asked for them; parents are asked for together', async () => {
  const params = { feature_table: table.location, feature_table_version: '1' };
  const parent = aRun({ id: 'parent', startedAt: now, params });
  const child = aRun({ id: 'child', startedAt: now, params });
  const tagsOf = (index: number) =>
    index === 5 ? { tags: { 'mlflow.parentRunId': parent.id } } : {};
  const runs = Array.from({ length: 30 }, (_, index) =>
    aRun({ id: `run-${index}`, startedAt: now, ...tagsOf(index) }),
  );
  const versions = runs.map(({ id: runId }, index) =>
    aModelVersion({ name: 'm', version: index + 1, runId, source: `runs:/${runId}/model` }),
  );
  const asked: (readonly string[])[] = [];
  const sources = {
    ...fakeRegistry({ versions }),
    tables: fakeTables(table),
    search: {
      byIds: async (ids: readonly string[]) => {
        asked.push(ids);
        const known = [...runs, parent].filter(({ id }) => ids.includes(id));
        return new Map(known.map((run) => [run.id, run]));
      },
      parentIds: async () => new Set(['run-3', 'somebody']),
      childrenOf: async ({ id }: { readonly id: string }) => {
        asked.push([`children of ${id}`]);
        return [child];
      },
    },
  };
  const found = new Map<string | null, string | undefined>();
  for await (const { model, tables } of status([], sources, { now })) {
    found.set(model.runId, tables[0]?.certainty);
  }
  expect(asked).toEqual([runs.map(({ id }) => id).toReversed(), ['parent'], ['children of run-3']]);
  expect([...found].filter(([, certainty]) => certainty === 'recorded').map(([id]) => id)).toEqual([
    ...['run-5', 'run-3'],
  ]);
});

test('the files of runs are looked at where MLflow notes models there, or where nothing else says a version', async () => {
  const params = { feature_table: table.location, feature_table_version: '1' };
  const history = { 'mlflow.log-model.history': '[{"artifact_path": "model"}]' };
  const runs = [
    aRun({ id: 'recorded', startedAt: now, params }),
    aRun({ id: 'recorded-with-model', startedAt: now, params, tags: history }),
    aRun({ id: 'silent', startedAt: now }),
  ];
  const versions = runs.map(({ id: runId }, index) =>
    aModelVersion({ name: 'm', version: index + 1, runId, source: `runs:/${runId}/model` }),
  );
  const read: string[] = [];
  const artifactReader: ArtifactReader = {
    list: async () => [{ path: 'model/MLmodel', isFolder: false }],
    read: async ({ id }, path) => {
      read.push(`${id}: ${path}`);
      return `metadata:\n  feature_table: ${table.location}\n  feature_table_version: 2\n`;
    },
  };
  const sources = {
    ...fakeRegistry({ runs, versions }),
    tables: fakeTables(table),
    artifactReader,
  };
  const found = new Map<string | null, string | undefined>();
  for await (const { model, tables } of status([], sources, { now })) {
    found.set(model.runId, tables[0] && `${tables[0].version} ${tables[0].certainty}`);
  }
  expect(read.sort()).toEqual(['recorded-with-model: model/MLmodel', 'silent: model/MLmodel']);
  expect(Object.fromEntries(found)).toEqual({
    recorded: '1 recorded',
    'recorded-with-model': '1 conflicting',
    silent: '2 recorded',
  });
});

test('what two references mean is told once', async () => {
  const run = await stampedRun('r');
  const versions = [aModelVersion({ runId: run.id, stage: 'Production' })];
  const refs = ['churn_model', 'models:/churn_model/3', 'models:/churn_model/Production'];
  expect((await lines({ runs: [run], versions }, refs)).length).toBe(1);
});

test('a record that the log contradicts is unknown, though all is there', async () => {
  const run = await stampedRun('r', { digest: 'snapshot-v1:other' });
  const [line] = await lines({ runs: [run], versions: [aModelVersion({ runId: run.id })] });
  expect(line).toMatchObject({
    state: 'unknown',
    tables: [{ certainty: 'conflicting', state: 'unknown' }],
    findings: [expect.stringContaining('the log says otherwise now')],
  });
});

test('a model of which nothing is known is unknown, and found by a check', async () => {
  const run = aRun({ id: 'r' });
  const [line] = await lines({ runs: [run], versions: [aModelVersion({ runId: run.id })] });
  expect(line).toMatchObject({ state: 'unknown', tables: [], findings: [expect.any(String)] });
});

test('a version that is not named is unknown, never the latest', async () => {
  const run = aRun({ id: 'r', inputs: [aDeltaInput({ delta_table_name: 'analytics.features' })] });
  const [line] = await lines({ runs: [run], versions: [aModelVersion({ runId: run.id })] });
  expect(line).toMatchObject({ state: 'unknown', tables: [{ version: null, state: 'unknown' }] });
});

test('where the engine shows neither log nor storage, no date can be told, and a check says so', async () => {
  const run = await stampedRun('r');
  const [line] = await lines({ runs: [run], versions: [aModelVersion({ runId: run.id })] });
  expect(line).toMatchObject({
    state: 'readable',
    until: null,
    findings: [expect.stringContaining('no date can be told')],
  });
});

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
      firstWith: async () => undefined,
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

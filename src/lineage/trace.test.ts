import { describe, expect, test } from 'vitest';
import {
  aDeltaInput,
  aModelVersion,
  aRun,
  aStamp,
  aStampedTable,
} from '../../test/support/builders.ts';
import { fakeRegistry, type Registered } from '../../test/support/fake-registry.ts';
import { digestOf, fakeTable, fakeTables } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import { parseModelRef } from '../registry/model-ref.ts';
import { type TraceResult, traceResult } from './result/trace.ts';
import { recordOf } from './stamp.ts';
import { trace } from './trace.ts';
import type { TraceOptions } from './trace-sources.ts';

const now = Date.parse('2026-03-04T00:00:00Z');
const run = aRun({ startedAt: Date.parse('2026-03-03T00:00:00Z') });

async function traced(
  ref: string,
  registered: Registered,
  { kept, ...options }: Partial<TraceOptions> & { readonly kept?: string } = {},
): Promise<readonly TraceResult[]> {
  const tables = fakeTables(
    fakeTable(),
    fakeTable({ name: 'analytics.labels', location: '/l', id: 'l' }),
  );
  const registry = fakeRegistry(registered);
  if (kept !== undefined) {
    await registry.journal.keep({ store: registry.runs.title, runId: run.id, stamp: kept });
  }
  const sources = { ...registry, tables };
  const results: TraceResult[] = [];
  for await (const result of trace(parseModelRef(ref), sources, { now, ...options })) {
    results.push(traceResult.parse(result));
  }
  return results;
}

async function stampedRun(fields: Parameters<typeof aRun>[0] = {}) {
  const stamp = aStamp({
    tables: [aStampedTable({ version: 1, digest: await digestOf(fakeTable(), 1) })],
    code: { commit: 'abc', isDirty: true },
  });
  const { params, tags, inputs } = recordOf(stamp);
  return { ...run, params, tags, inputs: [...inputs], ...fields };
}

describe('a model version', () => {
  test('is traced to its run and the tables that trained it', async () => {
    const version = aModelVersion({
      stage: 'Production',
      aliases: ['champion'],
      loggedModelId: 'm-1',
    });
    const [result, ...others] = await traced('models:/churn_model/3', {
      runs: [await stampedRun({ name: 'nightly' })],
      versions: [version],
    });
    expect(others).toEqual([]);
    expect(result).toMatchObject({
      schemaVersion: 1,
      model: {
        name: 'churn_model',
        version: 3,
        stages: ['Production'],
        aliases: ['champion'],
        runId: run.id,
        loggedModelId: 'm-1',
      },
      run: {
        name: 'nightly',
        status: 'FINISHED',
        startedAt: '2026-03-03T00:00:00.000Z',
        endedAt: null,
        page: `https://registry.example/runs/${run.id}`,
      },
      code: { commit: 'abc', isDirty: true },
      warnings: [],
    });
    // The stamp, the dataset input and both pairs of parameters that asof wrote are one link.
    expect(result?.links).toMatchObject([{ alias: 'features', version: 1, certainty: 'stamped' }]);
    expect(result?.links[0]?.evidence.map(({ kind }) => kind)).toEqual([
      'stamp',
      'dataset-input',
      'param',
      'param',
    ]);
  });

  test('that names no run can not be traced, and that is said', async () => {
    const { runId: _, ...version } = aModelVersion();
    expect(await traced('models:/churn_model/3', { versions: [version] })).toMatchObject([
      {
        model: { version: 3, runId: null },
        run: null,
        links: [],
        warnings: [{ code: 'MODEL_WITHOUT_RUN' }],
      },
    ]);
  });

  test('whose run is gone makes a warning, not an error', async () => {
    expect(await traced('models:/churn_model/3', { versions: [aModelVersion()] })).toMatchObject([
      {
        model: { runId: run.id },
        run: null,
        links: [],
        warnings: [{ code: 'RUN_NOT_FOUND', message: expect.stringContaining(run.id) }],
      },
    ]);
  });

  test("whose run is gone is traced by asof's copy of its stamp", async () => {
    const digest = await digestOf(fakeTable(), 1);
    const stamp = aStamp({ tables: [aStampedTable({ version: 1, digest })] });
    const tags = { 'asof.data': 'analytics.features@v0' };
    const versions = [aModelVersion({ tags })];
    const results = await traced(
      'models:/churn_model/3',
      {
        versions,
      },
      { kept: JSON.stringify(stamp) },
    );
    expect(results).toMatchObject([
      {
        run: null,
        links: [
          {
            version: 1,
            certainty: 'stamped',
            evidence: [{ kind: 'stamp', where: "tag asof.stamp in asof's ledger" }],
          },
        ],
        warnings: [{ code: 'RUN_NOT_FOUND' }],
      },
    ]);
  });

  test('whose run is gone is traced by what stands on the version itself', async () => {
    const tags = { 'asof.data': 'analytics.features@v0, analytics.labels@v1' };
    const versions = [aModelVersion({ tags })];
    const results = await traced('models:/churn_model/3', { versions }, { kept: 'no stamp' });
    expect(results).toMatchObject([
      {
        run: null,
        links: [
          {
            table: { ref: 'analytics.features' },
            version: 0,
            certainty: 'recorded',
            confidence: 0.5,
            evidence: [{ kind: 'tag', where: 'tag asof.data of models:/churn_model/3' }],
          },
          { table: { ref: 'analytics.labels' }, version: 1 },
        ],
        warnings: [{ code: 'RUN_NOT_FOUND' }],
      },
    ]);
  });

  test('with tags by hand that say otherwise than its run is a conflict; a stamp settles it', async () => {
    const tags = { feature_table: 'analytics.features', feature_table_version: '0' };
    const versions = [aModelVersion({ tags })];
    const params = { feature_table: 'analytics.features', feature_table_version: '1' };
    expect(
      await traced('models:/churn_model/3', { runs: [{ ...run, params }], versions }),
    ).toMatchObject([
      {
        links: [
          {
            version: 1,
            certainty: 'conflicting',
            conflicts: ['tag feature_table_version of models:/churn_model/3 says version 0'],
          },
        ],
      },
    ]);
    expect(
      await traced('models:/churn_model/3', { runs: [await stampedRun()], versions }),
    ).toMatchObject([{ links: [{ version: 1, certainty: 'stamped', conflicts: [] }] }]);
  });

  test('of a table that a param names is at the version that another param says', async () => {
    const params = { feature_table: 'analytics.features', training_data_version: '0' };
    const runs = [{ ...run, params }];
    expect(await traced(`runs:/${run.id}`, { runs })).toMatchObject([
      { links: [{ version: 0, certainty: 'recorded' }], warnings: [] },
    ]);
  });

  test('of a table at a moment is the version of then', async () => {
    const at = (instant: string) => ({
      ...run,
      params: { train_table: 'analytics.features', train_timestamp_as_of: instant },
    });
    expect(await traced(`runs:/${run.id}`, { runs: [at('2026-03-02T12:00:00Z')] })).toMatchObject([
      { links: [{ version: 1, certainty: 'recorded' }], warnings: [] },
    ]);
    expect(await traced(`runs:/${run.id}`, { runs: [at('2020-01-01T00:00:00Z')] })).toMatchObject([
      {
        links: [{ version: null, certainty: 'unknown' }],
        warnings: [{ code: 'VERSION_UNREADABLE' }],
      },
    ]);
  });

  test('of a path that is no table is none, whatever moment stands beside', async () => {
    const params = { path: '/nowhere', timestampAsOf: '2026-03-02T12:00:00Z' };
    const other = { path: '/tables/features', timestampAsOf: '2026-03-02T12:00:00Z' };
    expect(await traced(`runs:/${run.id}`, { runs: [{ ...run, params }] })).toMatchObject([
      { links: [], warnings: [{ code: 'NOTHING_RECORDED' }] },
    ]);
    expect(await traced(`runs:/${run.id}`, { runs: [{ ...run, params: other }] })).toMatchObject([
      { links: [{ version: 1, certainty: 'recorded' }], warnings: [] },
    ]);
  });

  test('of a table that a param names, and nothing says a version of, is inferred', async () => {
    const params = { feature_table: 'analytics.features', output_table: 'analytics.labels' };
    expect(await traced(`runs:/${run.id}`, { runs: [{ ...run, params }] })).toMatchObject([
      { links: [{ version: 2, certainty: 'inferred' }], warnings: [{ code: 'VERSION_INFERRED' }] },
    ]);
  });

  test('whose run is deleted is traced all the same, and that is said', async () => {
    const registered = {
      runs: [await stampedRun({ isDeleted: true })],
      versions: [aModelVersion()],
    };
    expect(await traced('models:/churn_model/3', registered)).toMatchObject([
      { links: [{ version: 1, certainty: 'stamped' }], warnings: [{ code: 'RUN_DELETED' }] },
    ]);
  });

  test('whose stamp can not be read is traced by what else there is, and that is said', async () => {
    const stamped = await stampedRun();
    const registered = {
      runs: [{ ...stamped, tags: { 'asof.stamp': '{"v":2}' } }],
      versions: [aModelVersion()],
    };
    expect(await traced('models:/churn_model/3', registered)).toMatchObject([
      {
        code: null,
        links: [{ version: 1, certainty: 'recorded' }],
        warnings: [{ code: 'STAMP_INVALID' }],
      },
    ]);
  });

  test('whose run records nothing says so', async () => {
    const registered = { runs: [run], versions: [aModelVersion()] };
    expect(await traced('models:/churn_model/3', registered)).toMatchObject([
      { links: [], warnings: [{ code: 'NOTHING_RECORDED' }] },
    ]);
  });
});

describe('what stands for several', () => {
  const versions = [1, 2, 10].map((version) =>
    aModelVersion({ version, stage: version === 1 ? 'Archived' : 'Production' }),
  );

  test.each([
    { ref: 'models:/churn_model/Production', found: [2, 10], why: 'a stage' },
    { ref: 'models:/churn_model/archived', found: [1], why: 'a stage with one' },
    { ref: 'churn_model', found: [1, 2, 10], why: 'a name' },
    { ref: 'models:/churn_model', found: [1, 2, 10], why: 'a name behind models:/' },
  ])('gives one result a version, ascending: $why', async ({ ref, found }) => {
    const results = await traced(ref, { runs: [await stampedRun()], versions });
    expect(results.map(({ model }) => model.version)).toEqual(found);
  });

  test('a name of which no version is registered stands for none', async () => {
    await expect(traced('other', { versions })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test('an alias stands for one', async () => {
    const champion = aModelVersion({ version: 7, aliases: ['champion'] });
    const results = await traced('models:/churn_model@champion', {
      runs: [run],
      versions: [...versions, champion],
    });
    expect(results).toMatchObject([{ model: { version: 7, aliases: ['champion'] } }]);
  });
});

describe('other things than model versions', () => {
  test('a run is traced by itself', async () => {
    expect(await traced(`runs:/${run.id}`, { runs: [await stampedRun()] })).toMatchObject([
      { model: { name: null, version: null, runId: run.id }, links: [{ version: 1 }] },
    ]);
  });

  test('a run that is asked for must be there', async () => {
    await expect(traced('runs:/nowhere', {})).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('a logged model is traced by its run', async () => {
    const loggedModelId = 'm-0123456789abcdef';
    const versions = [aModelVersion({ loggedModelId })];
    const results = await traced(`models:/${loggedModelId}`, {
      runs: [await stampedRun()],
      versions,
    });
    expect(results).toMatchObject([
      { model: { name: 'churn_model', version: null, loggedModelId }, links: [{ version: 1 }] },
    ]);
  });
});

describe('several tables', () => {
  test('are several links, each with its evidence', async () => {
    const inputs = [
      aDeltaInput({ delta_table_name: 'analytics.labels', delta_table_version: 0 }),
      aDeltaInput({ delta_table_name: 'analytics.features', delta_table_version: 1 }),
    ];
    const [result] = await traced(`runs:/${run.id}`, { runs: [{ ...run, inputs }] });
    expect(result?.links).toMatchObject([
      { alias: 'labels', version: 0 },
      { alias: 'features', version: 1 },
    ]);
  });

  test('that would be called the same are told apart', async () => {
    const inputs = ['/a/features', '/b/features', 'c.Features'].map((ref) =>
      aDeltaInput({ delta_table_name: ref, delta_table_version: 1 }, { digest: ref }),
    );
    const [result] = await traced(`runs:/${run.id}`, { runs: [{ ...run, inputs }] });
    const aliases = (result?.links ?? []).map(({ alias }) => alias);
    expect(aliases).toHaveLength(3);
    expect(aliases[0]).toBe('features');
    expect(new Set(aliases.map((alias) => alias.toUpperCase())).size).toBe(3);
    for (const alias of aliases) expect(alias).toMatch(/^[A-Za-z]\w*$/);
  });

  test('parameters under names of their own are read where they are configured', async () => {
    const versionParams = [{ version: 'data_v', table: 'analytics.features' }];
    const params = { data_v: '2', training_data_version: '1' };
    const [result] = await traced(
      `runs:/${run.id}`,
      { runs: [{ ...run, params }] },
      { versionParams },
    );
    expect(result?.links).toMatchObject([{ version: 2, certainty: 'recorded' }]);
    expect(result?.warnings).toMatchObject([{ code: 'PARAM_WITHOUT_TABLE' }]);
  });
});

test('a failure of the server is not taken for a missing run', async () => {
  const down = new LineageError('SERVER_UNREACHABLE', { url: 'http://x', problem: 'y' });
  const registry = fakeRegistry({ versions: [aModelVersion()] });
  const sources = {
    ...registry,
    runs: { ...registry.runs, get: () => Promise.reject(down) },
    tables: fakeTables(),
  };
  const results = trace(parseModelRef('models:/churn_model/3'), sources, { now });
  await expect(results.next()).rejects.toBe(down);
});

test('a version that names one run and holds the files of another is traced by the files, and that is said', async () => {
  const byHand = (version: string) => ({
    feature_table: 'analytics.features',
    feature_table_version: version,
  });
  const files = 'f'.repeat(32);
  const registry = fakeRegistry({
    runs: [aRun({ params: byHand('2') }), aRun({ id: files, params: byHand('1') })],
    versions: [aModelVersion({ source: `s3://bucket/1/${files}/artifacts/model` })],
  });
  const { artifacts: _, ...stores } = registry;
  const sources = { ...stores, tables: fakeTables(fakeTable()) };
  const results = [];
  const ref = { kind: 'version', name: 'churn_model', version: 3 } as const;
  for await (const result of trace(ref, sources, { now: Date.parse('2026-03-04T00:00:00Z') })) {
    results.push(result);
  }
  expect(results).toMatchObject([
    {
      links: [{ version: 1, certainty: 'conflicting' }],
      warnings: [{ code: 'RUNS_DIFFER' }, { code: 'RECORDS_CONFLICT' }],
    },
  ]);
});

describe('a model version that stood in a stage at a moment', () => {
  const on = Date.parse('2026-03-02T00:00:00Z');
  const past = (known: 'observed' | 'between', ...versions: readonly number[]) => ({
    holders: async () => ({ versions, known, why: 'so it was seen' }),
  });
  const old = aModelVersion({ version: 1, createdAt: on - 1000 });
  const young = aModelVersion({ version: 2, createdAt: on + 1000 });

  test('is not the one that was made later and has its number now', async () => {
    const options = { on, past: past('observed', 2) };
    await expect(
      traced('models:/churn_model/Production', { runs: [run], versions: [old, young] }, options),
    ).rejects.toMatchObject({
      code: 'PAST_UNKNOWN',
      details: { problem: expect.stringContaining('made at 2026-03-02T00:00:01.000Z') },
    });
  });

  test('may have been those only that were there by then', async () => {
    const both = { runs: [run], versions: [old, young] };
    const ref = 'models:/churn_model/Production';
    const results = await traced(ref, both, { on, past: past('between', 1, 2) });
    expect(results.map(({ model }) => model.version)).toEqual([1]);
    await expect(traced(ref, both, { on, past: past('between', 2) })).rejects.toMatchObject({
      code: 'PAST_UNKNOWN',
    });
  });
});

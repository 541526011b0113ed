import { describe, expect, test } from 'vitest';
import { aModelVersion, aPin, aRun, aStamp, aStampedTable } from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import { fakeTable, threeVersions } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import {
  beginTracked,
  type Ending,
  endTracked,
  movedSince,
  tableEnvironment,
} from './tracked-run.ts';

const anEnding = (fields: Partial<Ending> = {}): Ending => ({
  exitCode: 0,
  signal: undefined,
  metrics: {},
  ...fields,
});

describe('a run', () => {
  test('is started, named and stamped', async () => {
    const registry = fakeRegistry();
    const tracked = await beginTracked(registry, aStamp(), { name: 'nightly' });
    expect(tracked).toMatchObject({ isJoined: false, run: { name: 'nightly' } });
    expect(registry.run(tracked.run.id)).toMatchObject({ status: 'RUNNING' });
    expect(registry.run(tracked.run.id).tags).toHaveProperty(['asof.stamp']);
  });

  test('that is there already is joined and stamped', async () => {
    const run = aRun({ status: 'RUNNING' });
    const registry = fakeRegistry({ runs: [run] });
    const tracked = await beginTracked(registry, aStamp(), { join: run.id });
    expect(tracked).toMatchObject({ isJoined: true, run: { id: run.id } });
    expect(registry.run(run.id).tags).toHaveProperty(['asof.stamp']);
  });

  test('to join must be there', async () => {
    const begin = beginTracked(fakeRegistry(), aStamp(), { join: 'nowhere' });
    await expect(begin).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  const tooLarge = aStamp({ tables: [aStampedTable({ read: { columns: ['x'.repeat(6000)] } })] });

  test('that was started and can not be stamped is ended as failed', async () => {
    const registry = fakeRegistry();
    await expect(beginTracked(registry, tooLarge, {})).rejects.toMatchObject({
      code: 'STAMP_TOO_LARGE',
    });
    expect(registry.run('started-1').status).toBe('FAILED');
  });

  test('that was joined and can not be stamped is left to whoever started it', async () => {
    const run = aRun({ status: 'RUNNING' });
    const registry = fakeRegistry({ runs: [run] });
    await expect(beginTracked(registry, tooLarge, { join: run.id })).rejects.toMatchObject({
      code: 'STAMP_TOO_LARGE',
    });
    expect(registry.run(run.id)).toEqual(run);
  });
});

describe('when the command has ended', () => {
  const ended = async (
    ending: Partial<Ending>,
    { join = false, status = 'RUNNING' as const } = {},
  ) => {
    const run = aRun({ status });
    const registry = fakeRegistry({ runs: [run] });
    const tracked = await beginTracked(registry, aStamp(), join ? { join: run.id } : {});
    await endTracked(registry, tracked, anEnding(ending));
    return registry.run(tracked.run.id);
  };

  test.each([
    { ending: {}, join: false, status: 'FINISHED', why: 'well' },
    { ending: { exitCode: 7 }, join: false, status: 'FAILED', why: 'with an exit code' },
    {
      ending: { exitCode: 128, signal: 'SIGTERM' },
      join: false,
      status: 'KILLED',
      why: 'by a signal',
    },
    { ending: {}, join: true, status: 'RUNNING', why: 'well, in a run that was joined' },
    {
      ending: { exitCode: 7 },
      join: true,
      status: 'FAILED',
      why: 'badly, in a run that was joined',
    },
  ])('$why, the run is $status', async ({ ending, join, status }) => {
    expect((await ended(ending, { join })).status).toBe(status);
  });

  test('a run that the program has ended itself stays as it ended it', async () => {
    const registry = fakeRegistry();
    const tracked = await beginTracked(registry, aStamp(), {});
    await registry.runs.end(tracked.run.id, 'FAILED');
    await endTracked(registry, tracked, anEnding());
    expect(registry.run(tracked.run.id).status).toBe('FAILED');
  });

  test('its metrics are recorded', async () => {
    expect(await ended({ metrics: { auc: 0.9, zero: 0 } })).toMatchObject({
      metrics: { auc: 0.9, zero: 0 },
    });
  });

  test('a run whose metrics are refused has ended all the same', async () => {
    const registry = fakeRegistry();
    const tracked = await beginTracked(registry, aStamp(), {});
    const refusal = new LineageError('SERVER_REFUSED', {
      source: 'POST /',
      status: 400,
      problem: 'no such name',
    });
    const runs = { ...registry.runs, record: () => Promise.reject(refusal) };
    const ending = anEnding({ metrics: { 'a@b': 1 } });
    await expect(endTracked({ ...registry, runs }, tracked, ending)).rejects.toBe(refusal);
    expect(registry.run(tracked.run.id).status).toBe('FINISHED');
  });

  test('models that it registered meanwhile are annotated', async () => {
    const registry = fakeRegistry({ versions: [aModelVersion({ runId: 'started-1' })] });
    const tracked = await beginTracked(registry, aStamp(), {});
    const { models } = await endTracked(registry, tracked, anEnding());
    expect(models).toHaveLength(1);
    expect(registry.version('churn_model', 3).tags).toEqual({
      'asof.data': 'analytics.features@v47',
    });
  });
});

describe('a table that moved meanwhile', () => {
  const request = (alias: string, moment: 'latest' | 'version', versions = threeVersions) => ({
    alias,
    table: fakeTable({ name: alias, versions }),
    moment:
      moment === 'latest'
        ? ({ kind: 'latest' } as const)
        : ({ kind: 'version', version: 0 } as const),
  });

  test('is told, with both versions; one that did not, or that was pinned by its version, is not', async () => {
    const requests = [
      request('moved', 'latest'),
      request('still', 'latest'),
      request('old', 'version'),
    ];
    const pins = [
      aPin({ alias: 'moved', version: 0 }),
      aPin({ alias: 'still', version: 2 }),
      aPin({ alias: 'old', version: 0 }),
    ];
    expect(await movedSince(requests, pins)).toEqual([{ alias: 'moved', pinned: 0, latest: 2 }]);
  });

  test('or that is gone or another by then, is no failure of what was run', async () => {
    const failure = new LineageError('TABLE_NOT_FOUND', { location: '/tables/gone' });
    const gone = fakeTable({ name: 'gone', failure });
    const latest = { kind: 'latest' } as const;
    const requests = [
      request('moved', 'latest'),
      { alias: 'gone', table: gone, moment: latest },
      request('replaced', 'latest'),
    ];
    const pins = [
      aPin({ alias: 'moved', version: 0 }),
      aPin({ alias: 'gone', version: 0 }),
      aPin({ alias: 'replaced', version: 0, tableId: 'of the first' }),
    ];
    const unknown: unknown[] = [];
    const moved = await movedSince(requests, pins, {
      onUnknown: (alias, { code }) => unknown.push([alias, code]),
    });
    expect(moved).toEqual([{ alias: 'moved', pinned: 0, latest: 2 }]);
    expect(unknown.sort()).toEqual([
      ['gone', 'TABLE_NOT_FOUND'],
      ['replaced', 'TABLE_REPLACED'],
    ]);
  });
});

test('a command finds each table in its environment', () => {
  const pin = aPin({ alias: 'my_features', version: 0 });
  expect(tableEnvironment(pin, '/copy')).toEqual({
    ASOF_MY_FEATURES_TABLE: 'analytics.features',
    ASOF_MY_FEATURES_VERSION: '0',
    ASOF_MY_FEATURES_PATH: '/copy',
  });
});

import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { aModelVersion, aRun } from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import { temporaryFolder } from '../../test/support/tables.ts';
import { LineageError } from '../base/errors.ts';
import type { ArtifactOwner } from '../registry/artifact-reader.ts';
import { openLedger } from '../registry/ledger/ledger.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { Run } from '../registry/run.ts';
import { syncRegistry } from './sync.ts';

/** A registry that tells by a text whether anything changed, and what is asked of it. */
async function watched() {
  const state = {
    fingerprint: 'a' as string | undefined,
    down: '',
    versions: [aModelVersion({ version: 1, stage: 'Staging' })] as readonly ModelVersion[],
    runs: [aRun()] as readonly Run[],
  };
  let now = 1000;
  const listings: number[] = [];
  const asked: (readonly string[])[] = [];
  const models: (readonly string[])[] = [];
  const reads: string[] = [];
  const ledger = openLedger(join(await temporaryFolder(), 'asof.db'));
  const mirror = ledger.mirror('MLflow at http://h');
  const reachable = (id: string) => {
    if (id !== state.down) return [];
    throw new LineageError('SERVER_UNREACHABLE', { url: 'http://h', problem: 'it is down' });
  };
  const registry = {
    mirror,
    models: {
      ...fakeRegistry().models,
      fingerprint: async () => state.fingerprint,
      loggedModels: async (ids: readonly string[]) => {
        if (ids.length > 0) models.push(ids);
        return new Map(ids.map((id) => [id, { id }]));
      },
      async *models() {
        listings.push(now);
        yield { name: 'churn_model', versions: state.versions };
      },
    },
    artifactReader: {
      list: async ({ id }: ArtifactOwner) => reachable(id),
      async read({ id }: ArtifactOwner) {
        reads.push(id);
        reachable(id);
        return '';
      },
    },
    search: {
      byIds: async (ids: readonly string[]) => {
        asked.push(ids);
        return new Map(state.runs.filter(({ id }) => ids.includes(id)).map((run) => [run.id, run]));
      },
      all: () => expect.unreachable('all runs are not listed'),
      firstWith: async () => [],
      childrenOf: async () => [],
    },
  };
  const sync = (isFull = false) => {
    now += 1000;
    return syncRegistry(registry, { now: () => now, isFull });
  };
  return { state, listings, asked, models, reads, mirror, sync };
}

describe('a registry that tells whether anything changed', () => {
  let registry: Awaited<ReturnType<typeof watched>>;
  beforeEach(async () => {
    registry = await watched();
    await registry.sync();
  });

  test('is listed once, as long as nothing does', async () => {
    const { sync, listings, asked, mirror } = registry;
    const still = { models: 1, versions: 1, newVersions: 0, moves: 0, gone: 0, newRuns: 0 };
    expect(await sync()).toMatchObject({ previous: '1970-01-01T00:00:02.000Z', ...still });
    expect(await sync()).toMatchObject({ previous: '1970-01-01T00:00:03.000Z', ...still });
    expect(listings).toEqual([2000]);
    expect(asked).toEqual([[aRun().id], [], []]);
    expect(mirror.lastSeen()).toBe(4000);
    const place = { kind: 'stage', what: 'Staging' } as const;
    expect(await mirror.past.holders('churn_model', place, 3500)).toMatchObject({
      versions: [1],
      known: 'observed',
    });
  });

  test('is listed again when it has another fingerprint, or all is to be asked for', async () => {
    const { sync, state, listings } = registry;
    state.versions = [aModelVersion({ version: 1, stage: 'Production' })];
    expect(await sync()).toMatchObject({ moves: 0 });
    state.fingerprint = 'b';
    expect(await sync()).toMatchObject({ moves: 1 });
    state.versions = [aModelVersion({ version: 1, stage: 'Production', tags: { a: 'b' } })];
    await sync();
    await sync(true);
    expect(listings).toEqual([2000, 4000, 6000]);
  });

  test('is listed each time when it has none', async () => {
    const { sync, state, listings } = registry;
    state.fingerprint = undefined;
    await sync();
    await sync();
    expect(listings).toEqual([2000, 3000, 4000]);
  });

  test('is asked for its runs until they have ended', async () => {
    const { sync, state, asked, mirror } = registry;
    const running = aRun({ id: 'running', status: 'RUNNING' });
    const second = aModelVersion({ version: 2, runId: running.id });
    Object.assign(state, {
      fingerprint: 'b',
      versions: [...state.versions, second],
      runs: [aRun(), running],
    });
    await sync();
    await sync();
    expect((await mirror.runs.get('running')).status).toBe('RUNNING');
    state.runs = [aRun(), { ...running, status: 'FINISHED' }];
    await sync();
    expect((await mirror.runs.get('running')).status).toBe('FINISHED');
    await sync();
    expect(asked.slice(1)).toEqual([['running'], ['running'], ['running'], []]);
  });

  test('is asked for logged models once, of runs that are known too, and again with all', async () => {
    const { sync, state, models, mirror } = registry;
    const later = aModelVersion({ version: 2, loggedModelId: 'm-1' });
    Object.assign(state, { fingerprint: 'b', versions: [...state.versions, later] });
    await sync();
    expect(await mirror.models.loggedModel('m-1')).toEqual({ id: 'm-1' });
    state.fingerprint = 'c';
    await sync();
    expect(models).toEqual([['m-1']]);
    await sync(true);
    expect(models).toEqual([['m-1'], ['m-1']]);
  });

  test('that stops half-way goes on from there', async () => {
    const { sync, state, reads, mirror } = registry;
    const params = { feature_table: 'analytics.t', feature_table_version: '1' };
    const run = aRun({ id: 'other', params });
    const versions = Array.from({ length: 700 }, (_, index) =>
      aModelVersion({ version: index + 1, runId: run.id, loggedModelId: `m-${index}` }),
    );
    Object.assign(state, { fingerprint: 'b', versions, runs: [run], down: 'm-600' });
    await expect(sync()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(mirror.lastSeen()).toBe(2000);
    state.down = '';
    expect(await sync()).toMatchObject({ newVersions: 699, newRuns: 1 });
    expect(reads.filter((id) => id === 'm-0' || id === 'm-499')).toEqual(['m-0', 'm-499']);
    expect(new Set(reads).size).toBe(700);
    expect(mirror.hasFiles({ kind: 'logged-model', id: 'm-699' })).toBe(true);
  });
});

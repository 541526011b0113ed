import { expect, test } from 'vitest';
import { aModelVersion, aRun, aStamp } from '../../test/support/builders.ts';
import { type FakeRegistry, fakeRegistry } from '../../test/support/fake-registry.ts';
import { fakeTable, fakeTables } from '../../test/support/fake-tables.ts';
import { doctor } from './doctor.ts';
import { fixFinding } from './fix-finding.ts';
import { recordOf } from './stamp.ts';
import { stampRun } from './stamp-run.ts';
import { stampOn } from './wire-stamp.ts';

const { id } = aRun();
const now = Date.parse('2026-03-05T00:00:00Z');

async function examine(registry: FakeRegistry) {
  const sources = {
    ...registry,
    tables: fakeTables(fakeTable()),
    search: { byIds: async () => new Map([[id, registry.run(id)]]) },
  };
  return await doctor(sources as unknown as Parameters<typeof doctor>[0], { now });
}

/** A run with a stamp and a model, of which the registry lost something. */
async function losing(lose: (registry: FakeRegistry) => void) {
  const registry = fakeRegistry({ runs: [aRun()], versions: [aModelVersion({ version: 1 })] });
  const stamp = aStamp();
  await stampRun(registry, id, stamp);
  const whole = registry.run(id);
  lose(registry);
  return { registry, stamp, whole };
}

test('a stamp that is gone from its run is found, and put back from the ledger', async () => {
  const { registry, stamp, whole } = await losing((known) => {
    const { 'asof.stamp': _, ...tags } = known.run(id).tags;
    known.replace({ ...known.run(id), tags });
  });
  const [found] = (await examine(registry)).filter(({ code }) => code === 'STAMP_GONE');
  expect(found).toMatchObject({ severity: 'wrong', isFixable: true, isFixed: null });
  if (found === undefined) throw new Error('it was found');
  await fixFinding(found, registry, {});
  expect(registry.run(id)).toEqual(whole);
  expect(stampOn(registry.run(id))).toEqual(stamp);
  expect((await examine(registry)).map(({ code }) => code)).not.toContain('STAMP_GONE');
});

test('a dataset input that is gone is put back', async () => {
  const { registry, stamp } = await losing((known) =>
    known.replace({ ...known.run(id), inputs: [] }),
  );
  const [found] = (await examine(registry)).filter(({ code }) => code === 'INPUT_LOST');
  expect(found).toMatchObject({ severity: 'notice', isFixable: true });
  if (found === undefined) throw new Error('it was found');
  await fixFinding(found, registry, {});
  expect(registry.run(id).inputs).toEqual(recordOf(stamp).inputs);
});

test('nothing is added to a run that is deleted', async () => {
  const { registry } = await losing((known) =>
    known.replace({ ...known.run(id), tags: {}, isDeleted: true }),
  );
  const [found] = (await examine(registry)).filter(({ code }) => code === 'STAMP_GONE');
  expect(found?.isFixable).toBe(false);
  expect(found?.repair).toContain(`mlflow runs restore --run-id ${id}`);
});

test('an edited stamp is told, and nothing is made of it', async () => {
  const { registry } = await losing((known) => {
    const run = known.run(id);
    const stamp = run.tags['asof.stamp']?.replace('"version":47', '"version":48') ?? '';
    known.replace({ ...run, tags: { 'asof.stamp': stamp }, inputs: [] });
    known.put({ ...known.version('churn_model', 1), tags: {} });
  });
  const found = await examine(registry);
  expect(found.map(({ code }) => code)).toContain('STAMP_EDITED');
  expect(found.filter(({ isFixable }) => isFixable)).toEqual([]);
});

test('what only the files of a model say is recorded too', async () => {
  const history = { 'mlflow.log-model.history': '[{"artifact_path": "model"}]' };
  const registry = fakeRegistry({
    runs: [aRun({ tags: history })],
    versions: [aModelVersion({ version: 1 })],
  });
  const examined = async (text: string) => {
    const list = async () => [{ path: 'model/MLmodel', isFolder: false }];
    const artifactReader = { list, read: async () => text };
    return (await examine({ ...registry, artifactReader } as FakeRegistry)).map(({ code }) => code);
  };
  const said = 'metadata:\n  feature_table: /tables/features\n  feature_table_version: 1\n';
  expect(await examined(said)).toEqual([]);
  expect(await examined('metadata: {}')).toEqual(['NOTHING_RECORDED']);
});

test('a version that names another run than that of its files is found, and is not mended by itself', async () => {
  const { registry } = await losing((known) => {
    const files = 'f'.repeat(32);
    const { 'asof.stamp': stamp = '' } = known.run(id).tags;
    known.replace({ ...known.run(id), tags: {}, params: {}, inputs: [] });
    known.replace(aRun({ id: files, tags: { 'asof.stamp': stamp } }));
    known.put({ ...known.version('churn_model', 1), source: `runs:/${files}/model`, tags: {} });
  });
  const found = await examine(registry);
  expect(found.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['RUNS_DIFFER', 'INPUT_LOST']),
  );
  expect(found.filter(({ isFixable }) => isFixable)).toEqual([]);
});

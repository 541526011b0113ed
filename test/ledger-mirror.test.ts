import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { openLedger } from '../src/registry/ledger/ledger.ts';
import type { ModelVersion } from '../src/registry/model.ts';
import { aModelVersion, aRun } from './support/builders.ts';
import { temporaryFolder } from './support/tables.ts';

const day = (number: number) => Date.parse(`2026-03-${String(number).padStart(2, '0')}T00:00:00Z`);

async function aMirror() {
  const ledger = openLedger(join(await temporaryFolder(), 'asof.db'));
  const mirror = ledger.mirror('MLflow at http://h');
  const see = (at: number, ...versions: readonly Partial<ModelVersion>[]) => {
    const all = versions.map((fields, index) => aModelVersion({ version: index + 1, ...fields }));
    return mirror.save({ models: [{ name: 'churn_model', versions: all }], runs: [aRun()] }, at);
  };
  const production = (at: number) =>
    mirror.past.holders('churn_model', { kind: 'stage', what: 'Production' }, at);
  const champion = (at: number) =>
    mirror.past.holders('churn_model', { kind: 'alias', what: 'champion' }, at);
  return { ledger, mirror, see, production, champion };
}

describe('the past of a registry that was looked at', () => {
  test('is what was seen before and after the moment, when that is the same', async () => {
    const { see, production } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(day(10), { stage: 'Production' }, {});
    expect(await production(day(5))).toMatchObject({ versions: [1], known: 'observed' });
    expect(await production(day(20))).toMatchObject({ versions: [1], known: 'last-seen' });
  });

  test('is any of the versions around a change of which nobody knows the time', async () => {
    const { see, production } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(day(10), { stage: 'Archived' }, { stage: 'Production' });
    expect(await production(day(5))).toMatchObject({ versions: [1, 2], known: 'between' });
    expect(await production(day(10))).toMatchObject({ versions: [2] });
  });

  test("is the later one, when the registry's own time of the change is before the moment", async () => {
    const { see, production } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(day(10), { stage: 'Archived' }, { stage: 'Production', updatedAt: day(3) });
    expect(await production(day(5))).toMatchObject({ versions: [2], known: 'timestamps' });
    expect(await production(day(2))).toMatchObject({ known: 'between' });
  });

  test("is any of them, where the other left later by the registry's times, or was deleted", async () => {
    const { see, production } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(
      day(10),
      { stage: 'Archived', updatedAt: day(8) },
      { stage: 'Production', updatedAt: day(3) },
    );
    expect(await production(day(5))).toMatchObject({ versions: [1, 2], known: 'between' });
    expect(await production(day(9))).toMatchObject({ versions: [2], known: 'timestamps' });
    see(day(20), { version: 1, stage: 'Production', updatedAt: day(12) });
    expect(await production(day(15))).toMatchObject({ versions: [1, 2], known: 'between' });
  });

  test('of an alias is not told by times of the version, which it does not touch', async () => {
    const { see, champion } = await aMirror();
    see(day(1), { aliases: ['champion'] }, {});
    see(day(10), {}, { aliases: ['champion'], updatedAt: day(3) });
    expect(await champion(day(5))).toMatchObject({ versions: [1, 2], known: 'between' });
  });

  test('is not turned back by a look that came in late', async () => {
    const { see, production, ledger } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(day(10), { stage: 'Archived' }, { stage: 'Production' });
    const late = see(day(9), { stage: 'Production' }, {});
    expect(late).toEqual({ newVersions: 0, moves: 0, gone: 0, newRuns: 0 });
    expect(await production(day(20))).toMatchObject({ versions: [2] });
    expect((await ledger.journal.entries()).length).toBe(2);
  });

  test('before the first look is known of versions that have not changed since', async () => {
    const { see, production, champion } = await aMirror();
    see(day(10), { stage: 'Production', updatedAt: day(3), aliases: ['champion'] }, {});
    expect(await production(day(5))).toMatchObject({ versions: [1], known: 'timestamps' });
    expect(await production(day(2))).toBeUndefined();
    expect(await champion(day(5))).toBeUndefined();
  });

  test('of an alias follows it from version to version', async () => {
    const { see, champion } = await aMirror();
    see(day(1), { aliases: ['champion'] }, {});
    see(day(10), {}, { aliases: ['champion'] });
    see(day(20), { aliases: ['champion'] }, {});
    see(day(30), {}, {});
    expect((await champion(day(1)))?.versions).toEqual([1]);
    expect((await champion(day(10)))?.versions).toEqual([2]);
    expect((await champion(day(20)))?.versions).toEqual([1]);
    expect((await champion(day(30)))?.versions).toEqual([]);
  });

  test('tells a version from the one of the same number in a model that was deleted and made again', async () => {
    const { see, production } = await aMirror();
    see(day(1), { stage: 'Production', createdAt: day(1), updatedAt: day(1) });
    const remade = { stage: 'Production', createdAt: day(8), updatedAt: day(9) };
    expect(see(day(10), remade)).toMatchObject({ newVersions: 1, gone: 1 });
    expect(await production(day(5))).toMatchObject({ versions: [1], known: 'between' });
    expect(await production(day(9))).toMatchObject({ versions: [1], known: 'timestamps' });
    expect(await production(day(10))).toMatchObject({ versions: [1], known: 'observed' });
  });

  test('of a model that nobody saw is not known', async () => {
    const { mirror } = await aMirror();
    const place = { kind: 'stage', what: 'Production' } as const;
    expect(await mirror.past.holders('other', place, day(5))).toBeUndefined();
  });
});

describe('the copy of a registry', () => {
  test('holds what was seen last, runs and versions whole', async () => {
    const { mirror, see } = await aMirror();
    see(day(1), { stage: 'Production', tags: { a: 'b' } });
    const [version] = (await mirror.models.model('churn_model')).versions;
    expect(version).toEqual(aModelVersion({ version: 1, stage: 'Production', tags: { a: 'b' } }));
    expect(await mirror.runs.get(aRun().id)).toEqual(aRun());
    expect(mirror.settledRuns()).toEqual(new Set([aRun().id]));
  });

  test('counts what changed, and nothing where nothing did', async () => {
    const { see } = await aMirror();
    expect(see(day(1), { stage: 'Staging' }, {})).toEqual({
      newVersions: 2,
      moves: 0,
      gone: 0,
      newRuns: 1,
    });
    expect(see(day(2), { stage: 'Staging' }, {})).toMatchObject({ newVersions: 0, moves: 0 });
    expect(see(day(3), { stage: 'Production' })).toMatchObject({ moves: 1, gone: 1 });
  });

  test('sees a change from what an earlier asof left, which knows no digest of a listing', async () => {
    const { ledger, see, production } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(day(2), { stage: 'Archived' }, { stage: 'Production' });
    const database = new Database(ledger.path);
    database.exec(`UPDATE digests SET digest = replace(digest, '${day(2)}', '${day(1)}')`);
    expect(see(day(3), { stage: 'Archived' }, { stage: 'Production' })).toMatchObject({ moves: 0 });
    database.exec(`
      INSERT INTO syncs VALUES (NULL, 'MLflow at http://h', ${day(4)});
      UPDATE sync_versions SET body = replace(body, 'Archived', 'Staging');
    `);
    database.close();
    expect(see(day(5), { stage: 'Archived' }, { stage: 'Production' })).toMatchObject({ moves: 1 });
    expect((await production(day(5)))?.versions).toEqual([2]);
  });

  test('is the same in a ledger whose tables had no row ids yet', async () => {
    const { ledger, see } = await aMirror();
    see(day(1), { stage: 'Production' }, {});
    see(day(2), { stage: 'Production' });
    ledger.close();
    const database = new Database(ledger.path);
    database.exec(`
      ALTER TABLE sync_runs RENAME TO r;
      CREATE TABLE sync_runs (
        store TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (store, id)
      ) WITHOUT ROWID;
      INSERT INTO sync_runs SELECT * FROM r;
      DROP TABLE r;
      ALTER TABLE sync_versions RENAME TO v;
      CREATE TABLE sync_versions (
        store TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, run_id TEXT, body TEXT NOT NULL,
        is_gone INTEGER NOT NULL, PRIMARY KEY (store, name, version)
      ) WITHOUT ROWID;
      INSERT INTO sync_versions SELECT * FROM v;
      DROP TABLE v;
      DROP TABLE sync_records;
      PRAGMA user_version = 2;
    `);
    database.close();
    const mirror = openLedger(ledger.path).mirror('MLflow at http://h');
    expect((await mirror.models.model('churn_model')).versions).toEqual([
      aModelVersion({ version: 1, stage: 'Production' }),
    ]);
    expect(await mirror.models.version('churn_model', 2)).toEqual(aModelVersion({ version: 2 }));
    expect(await mirror.runs.get(aRun().id)).toEqual(aRun());
    expect(mirror.lastSighting()).toMatchObject({ at: day(2), models: 1, versions: 1 });
    // What lies beside it was not kept.
    expect(mirror.openRuns()).toEqual([aRun().id]);
  });

  test.each(['{', '[]', '{"id": 7}'])('is refused where a copy is damaged: %s', async (text) => {
    const { ledger, mirror, see } = await aMirror();
    see(day(1), {});
    const database = new Database(ledger.path);
    database.prepare('UPDATE sync_runs SET body = ?').run(text);
    database.close();
    const refused = { code: 'LEDGER_UNUSABLE', details: { path: ledger.path } };
    await expect(mirror.runs.get(aRun().id)).rejects.toMatchObject(refused);
    await expect(mirror.search.byIds([aRun().id])).rejects.toMatchObject(refused);
    expect(await mirror.models.version('churn_model', 1)).toMatchObject({ version: 1 });
  });

  test('has what lay beside runs and versions: logged models, files, the first runs with datasets', async () => {
    const { mirror, ledger } = await aMirror();
    const models = Array.from({ length: 300 }, (_, index) => ({
      id: `m-${index}`,
      runId: aRun().id,
      params: { depth: `${index}` },
    }));
    const [run, model, refused] = [
      { kind: 'run', id: 'r' },
      { kind: 'logged-model', id: 'r' },
      { kind: 'logged-model', id: 'm-2' },
    ] as const;
    const texts = new Map([
      ['model/MLmodel', '{"metadata":{}}'],
      ['feature_spec.yaml', 'é'],
    ]);
    const dataset = { name: 'a "t"', digest: 'd' };
    const first = { id: 'first', startedAt: 5 };
    const beside = {
      loggedModels: models,
      files: [
        { owner: run, texts },
        { owner: model, texts: new Map() },
        { owner: refused, problem: 'HTTP 403' },
      ],
      firstRuns: [{ experimentId: '0', dataset, run: first }],
      children: [{ parentId: 'r', runs: [aRun({ id: 'a' }), aRun({ id: 'b' })] }],
    };
    mirror.keepBeside(beside);
    const { loggedModel, loggedModels } = mirror.models;
    const ids = models.map(({ id }) => id);
    const byId = new Map(models.map((one) => [one.id, one]));
    expect(await loggedModels([...ids, 'm-none'])).toEqual(byId);
    expect(await loggedModel('m-7')).toEqual(models[7]);
    await expect(loggedModel('m-none')).rejects.toMatchObject({ code: 'LOGGED_MODEL_NOT_FOUND' });
    expect(mirror.loggedModelIds()).toEqual(new Set(ids));
    expect([...(await mirror.modelFiles(run))]).toEqual([...texts]);
    expect((await mirror.modelFiles(model)).size).toBe(0);
    for (const [owner, problem] of [
      [refused, 'HTTP 403'],
      [{ ...run, id: 'other' }, undefined],
    ] as const) {
      const notKept = { code: 'NOT_KEPT', details: { problem } };
      await expect(mirror.modelFiles(owner)).rejects.toMatchObject(notKept);
    }
    const others = [{ ...dataset, name: 'b' }, dataset];
    expect(await mirror.search.firstWith('0', others)).toEqual([undefined, first]);
    expect(await mirror.search.firstWith('1', [dataset])).toEqual([undefined]);
    const childrenOf = async (id: string, limit: number) =>
      (await mirror.search.childrenOf(aRun({ id }), limit)).map((child) => child.id);
    expect(await childrenOf('r', 9)).toEqual(['a', 'b']);
    expect(await childrenOf('r', 1)).toEqual(['a']);
    await expect(childrenOf('a', 9)).rejects.toMatchObject({ code: 'NOT_KEPT' });
    expect([run, model, refused, { ...run, id: 'other' }].map(mirror.hasFiles)).toEqual([
      ...[true, true, true, false],
    ]);
    expect(ledger.mirror('MLflow at http://other').loggedModelIds().size).toBe(0);
  });

  test('of a ledger that kept nothing beside runs is made anew: they are asked for again', async () => {
    const { ledger, mirror, see } = await aMirror();
    see(day(1), {});
    mirror.save({ models: undefined, runs: [], fingerprint: 'f', previous: day(1) }, day(2));
    expect(mirror.lastSighting().fingerprint).toBe('f');
    ledger.close();
    const database = new Database(ledger.path);
    database.exec('DROP TABLE sync_records; PRAGMA user_version = 3');
    database.close();
    const again = openLedger(ledger.path).mirror('MLflow at http://h');
    expect(again.lastSighting()).toMatchObject({ at: day(2), fingerprint: undefined });
    expect(again.settledRuns().size).toBe(0);
    expect(await again.runs.get(aRun().id)).toEqual(aRun());
  });

  test('has all of many versions and runs, the versions in their order', async () => {
    const { mirror } = await aMirror();
    const versions = Array.from({ length: 250 }, (_, index) =>
      aModelVersion({ version: index + 1 }),
    );
    const ids = versions.map(({ version }) => String(version).padStart(32, '0'));
    const runs = ids.map((id) => aRun({ id }));
    mirror.save({ models: [{ name: 'churn_model', versions }], runs }, day(1));
    expect((await mirror.models.model('churn_model')).versions).toEqual(versions);
    const found = await mirror.search.byIds([...ids, ...ids, 'none']);
    expect([...found.keys()].sort()).toEqual(ids);
  });

  test('still has a version that is gone, for those who ask by its number', async () => {
    const { mirror, see } = await aMirror();
    see(day(1), {}, {});
    see(day(2), {});
    expect((await mirror.models.model('churn_model')).versions).toHaveLength(1);
    expect(await mirror.models.version('churn_model', 2)).toMatchObject({ version: 2 });
    await expect(mirror.models.version('churn_model', 3)).rejects.toMatchObject({
      code: 'MODEL_VERSION_NOT_FOUND',
    });
  });

  test('of one registry is not that of another', async () => {
    const { ledger, see } = await aMirror();
    see(day(1), {});
    const other = ledger.mirror('MLflow at http://other');
    expect(other.lastSeen()).toBeUndefined();
    await expect(other.models.model('churn_model')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });
});

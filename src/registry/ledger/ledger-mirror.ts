import { z } from 'zod';
import { closest } from '../../base/closest.ts';
import { LineageError } from '../../base/errors.ts';
import { jsonOf } from '../../base/json-of.ts';

import type { ModelVersion, RegisteredModel } from '../model.ts';
import type { RegistryMirror, SightingChanges } from '../registry-past.ts';
import { datasetKey } from '../run-search.ts';
import { stageHolders } from '../stage-holders.ts';
import { anyKey, pagesOf } from './by-keys.ts';
import type { LedgerDatabase } from './database.ts';
import { keepListing, keepStanding, namesOf, note, noted } from './listing.ts';
import { mirrorPast } from './mirror-past.ts';
import { readStored } from './read-stored.ts';
import { appendSighting } from './sightings.ts';
import {
  childRecords,
  fileRecords,
  firstRunRecords,
  keepRecords,
  keptKeys,
  keptRecords,
  loggedModelRecords,
  ownerKey,
} from './sync-records.ts';
import { runBody, versionBody } from './wire-bodies.ts';

/** Bodies come many at once, as one text of JSON: a row and a parsing each take longer. Not all at once: a text has its bounds. */
const bodiesOf = (order: string, from: string) =>
  `SELECT '[' || group_concat(body, ',' ORDER BY number) || ']' AS bodies
    FROM (SELECT body, row_number() OVER (ORDER BY ${order}) AS number FROM ${from}) GROUP BY number / 100 ORDER BY number`;
const listed = z.object({ bodies: z.string() });
const runBodies = z.array(runBody);
const versionBodies = z.array(versionBody);
const model = z.object({ name: z.string(), description: z.string().nullable() });
const modelsByName = `SELECT name, description FROM sync_models WHERE store = ? AND name IN ${anyKey} ORDER BY name`;
const versionsByName = bodiesOf(
  'name, version',
  `sync_versions WHERE store = ? AND name IN ${anyKey} AND is_gone = 0`,
);
// A version that is gone by now is still what it was.
const versionByNumber = bodiesOf(
  'version',
  'sync_versions WHERE store = ? AND name = ? AND version = ?',
);
const runsById = bodiesOf('id', `sync_runs WHERE store = ? AND id IN ${anyKey}`);
const runById = bodiesOf('id', 'sync_runs WHERE store = ? AND id = ?');
const isFinished = "status IN ('FINISHED', 'FAILED', 'KILLED')";
const key = z.object({ id: z.string() });
const openRuns = `SELECT DISTINCT run_id AS id FROM sync_versions WHERE store = ? AND is_gone = 0 AND run_id IS NOT NULL
  AND run_id NOT IN (SELECT id FROM sync_runs WHERE store = ? AND ${isFinished})`;
const sizes = z.object({ models: z.int(), versions: z.int() });
const countBoth = `SELECT (SELECT count(*) FROM sync_models WHERE store = ?) AS models,
  (SELECT count(*) FROM sync_versions WHERE store = ? AND is_gone = 0) AS versions`;

/** The copy of one registry in the ledger. @param store how messages call the registry; copies of several lie side by side */
export function ledgerMirror(database: LedgerDatabase, store: string): RegistryMirror {
  const title = `${store}, as last seen, in the ledger ${database.path}`;
  const bodies = <T>(schema: z.ZodType<T[]>, sql: string, values: readonly (string | number)[]) =>
    database
      .all(listed, sql, [store, ...values])
      .flatMap((row) => readStored(schema, jsonOf(row.bodies), database.path));
  const names = () => namesOf(database, store);
  /** @param page a page of names */
  const modelsOf = (page: readonly string[]): readonly RegisteredModel[] => {
    const versions = new Map<string, ModelVersion[]>();
    for (const version of bodies(versionBodies, versionsByName, page)) {
      const known = versions.get(version.name);
      if (known === undefined) versions.set(version.name, [version]);
      else known.push(version);
    }
    return database.all(model, modelsByName, [store, ...page]).map(({ name, description }) => ({
      name,
      versions: versions.get(name) ?? [],
      ...(description !== null && { description }),
    }));
  };
  const modelOf = (name: string): RegisteredModel => {
    const [found] = pagesOf([name]).flatMap(modelsOf);
    if (found !== undefined) return found;
    const nearest = closest(name, names());
    throw new LineageError('MODEL_NOT_FOUND', { name, registry: title, closest: nearest });
  };
  const runOf = (id: string) => bodies(runBodies, runById, [id])[0];
  const lastSeen = () =>
    database.all(
      z.object({ at: z.int().nullable() }),
      'SELECT max(at) AS at FROM syncs WHERE store = ?',
      [store],
    )[0]?.at ?? undefined;

  return {
    past: mirrorPast(database, store),
    lastSeen,
    lastSighting() {
      const at = lastSeen();
      const [counts] = database.all(sizes, countBoth, [store, store]);
      return {
        at,
        fingerprint: noted(database, 'fingerprint', store, at),
        models: counts?.models ?? 0,
        versions: counts?.versions ?? 0,
      };
    },
    openRuns: () => database.all(key, openRuns, [store, store]).map(({ id }) => id),
    settledRuns: () =>
      new Set(
        database
          .all(key, `SELECT id FROM sync_runs WHERE store = ? AND ${isFinished}`, [store])
          .map(({ id }) => id),
      ),
    runs: {
      title,
      page: () => undefined,
      async get(runId) {
        const run = runOf(runId);
        if (run !== undefined) return run;
        throw new LineageError('RUN_NOT_FOUND', { runId, registry: title });
      },
    },
    search: {
      async byIds(ids) {
        const runs = pagesOf([...new Set(ids)]).flatMap((page) =>
          bodies(runBodies, runsById, page),
        );
        return new Map(runs.map((run) => [run.id, run]));
      },
      async firstWith(experimentId, datasets) {
        const keys = datasets.map((dataset) => datasetKey(experimentId, dataset));
        const found = keptRecords(database, store, firstRunRecords, keys);
        return keys.map((key) => found.get(key));
      },
      async childrenOf({ id }, limit) {
        const kept = keptRecords(database, store, childRecords, [id]).get(id);
        if (kept !== undefined) return kept.slice(0, limit);
        const what = `the runs that were started in run ${id}`;
        throw new LineageError('NOT_KEPT', { what, registry: title, problem: undefined });
      },
    },
    async modelFiles(owner) {
      const key = ownerKey(owner);
      const seen = keptRecords(database, store, fileRecords, [key]).get(key);
      if (seen !== undefined && 'texts' in seen) return new Map(seen.texts);
      const what = `the files of ${owner.kind === 'run' ? 'run' : 'logged model'} ${owner.id}`;
      throw new LineageError('NOT_KEPT', { what, registry: title, problem: seen?.problem });
    },
    loggedModelIds: () => keptKeys(database, store, loggedModelRecords),
    hasFiles(owner) {
      const key = ownerKey(owner);
      return keptRecords(database, store, fileRecords, [key]).has(key);
    },
    models: {
      title,
      async *models() {
        for (const page of pagesOf(names())) yield* modelsOf(page);
      },
      model: async (name) => modelOf(name),
      async version(name, number) {
        const [found] = bodies(versionBodies, versionByNumber, [name, number]);
        if (found !== undefined) return found;
        const latest = modelOf(name).versions.at(-1)?.version;
        throw new LineageError('MODEL_VERSION_NOT_FOUND', { name, version: number, latest });
      },
      async inStage(name, stage) {
        const { versions } = modelOf(name);
        const found = versions.filter((one) => (one.stage ?? 'None') === stage);
        if (found.length > 0) return found;
        throw new LineageError('STAGE_EMPTY', { name, stage, stages: stageHolders(versions) });
      },
      async loggedModel(modelId) {
        const found = keptRecords(database, store, loggedModelRecords, [modelId]).get(modelId);
        if (found !== undefined) return found;
        throw new LineageError('LOGGED_MODEL_NOT_FOUND', { modelId, registry: title });
      },
      loggedModels: async (ids) => keptRecords(database, store, loggedModelRecords, ids),
      async byAlias(name, alias) {
        const { versions } = modelOf(name);
        const found = versions.find(({ aliases }) => aliases.includes(alias));
        if (found !== undefined) return found;
        const known = versions.flatMap(({ aliases }) => aliases);
        throw new LineageError('ALIAS_NOT_FOUND', { name, alias, closest: closest(alias, known) });
      },
    },

    keepBeside: (records) => database.write((run) => keepRecords({ run }, store, records)),

    save({ models, runs, fingerprint, previous }, at) {
      let changes: SightingChanges = { newVersions: 0, moves: 0, gone: 0, newRuns: 0 };
      // Whoever else looks at the same time waits, and compares with what this one saw.
      database.write((run) => {
        const last = lastSeen();
        // Somebody began to look meanwhile, and was faster to say what is newer. A clock that was put back is no such thing.
        const isOvertaken = last !== undefined && last !== previous;
        // As at the last look: at the one that this began after, that is.
        if (isOvertaken && (last > at || models === undefined)) return;
        const writer = { run, all: database.all };
        const seen =
          models === undefined
            ? keepStanding(writer, store, { at, last })
            : keepListing(writer, store, models, { at, last });
        if (fingerprint !== undefined) note(writer, 'fingerprint', store, at, fingerprint);
        let newRuns = 0;
        for (const one of runs) {
          if (runOf(one.id) === undefined) newRuns += 1;
          run('INSERT OR REPLACE INTO sync_runs VALUES (?, ?, ?, ?)', [
            store,
            one.id,
            one.status,
            JSON.stringify(one),
          ]);
        }
        appendSighting(writer, { store, at, events: seen.events });
        changes = { ...seen.changes, newRuns };
      });
      return changes;
    },
  };
}

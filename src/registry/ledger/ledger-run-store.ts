import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { closest } from '../../base/closest.ts';
import { LineageError } from '../../base/errors.ts';
import { type Run, type RunInput, runStatuses } from '../run.ts';
import type { RunSearch, RunTagger } from '../run-search.ts';
import type { RunStore } from '../run-store.ts';
import type { LedgerDatabase } from './database.ts';

const wireRun = z.object({
  id: z.string(),
  experiment: z.string(),
  name: z.string().nullable(),
  status: z.enum(runStatuses),
  started_at: z.int(),
  ended_at: z.int().nullable(),
});
const wirePair = z
  .object({ key: z.string(), value: z.string() })
  .transform(({ key, value }): readonly [string, string] => [key, value]);
const wireInput = z
  .object({
    name: z.string(),
    digest: z.string(),
    source_type: z.string(),
    source: z.string(),
    context: z.string().nullable(),
    schema: z.string().nullable(),
    profile: z.string().nullable(),
  })
  .transform(
    ({ source_type, context, schema, profile, ...input }): RunInput => ({
      ...input,
      sourceType: source_type,
      ...(context !== null && { context }),
      ...(schema !== null && { schema }),
      ...(profile !== null && { profile }),
    }),
  );

/** Runs in the ledger, with MLflow's rules: parameters are for good, tags and metrics overwrite. */
export function ledgerRunStore(
  database: LedgerDatabase,
  title: string,
  now: () => number,
): { readonly runs: RunStore; readonly search: RunSearch; readonly tagger: RunTagger } {
  const pairs = (table: string, runId: string) =>
    Object.fromEntries(
      database.all(wirePair, `SELECT key, value FROM ${table} WHERE run_id = ? ORDER BY key`, [
        runId,
      ]),
    );

  const get = (runId: string): Run => {
    const [row] = database.all(wireRun, 'SELECT * FROM runs WHERE id = ?', [runId]);
    if (row === undefined) throw missing(database, title, runId);
    return {
      id: row.id,
      experimentId: row.experiment,
      status: row.status,
      startedAt: row.started_at,
      params: pairs('run_params', runId),
      tags: pairs('run_tags', runId),
      metrics: Object.fromEntries(
        Object.entries(pairs('run_metrics', runId)).map(([key, text]) => [key, Number(text)]),
      ),
      inputs: database.all(wireInput, 'SELECT * FROM run_inputs WHERE run_id = ? ORDER BY rowid', [
        runId,
      ]),
      isDeleted: false,
      ...(row.name !== null && { name: row.name }),
      ...(row.ended_at !== null && { endedAt: row.ended_at }),
    };
  };

  const idsBy = (sql: string, values: readonly (string | number)[]) =>
    database.all(z.object({ id: z.string() }), sql, values).map(({ id }) => id);
  const search: RunSearch = {
    async *all({ since = 0, signal } = {}) {
      const sql = 'SELECT id FROM runs WHERE started_at >= ? ORDER BY started_at DESC, rowid DESC';
      for (const id of idsBy(sql, [since])) {
        signal?.throwIfAborted();
        yield get(id);
      }
    },
    async byIds(ids, options) {
      options?.signal?.throwIfAborted();
      const known = ids.flatMap((id) => idsBy('SELECT id FROM runs WHERE id = ?', [id]));
      return new Map(known.map((id) => [id, get(id)]));
    },
    async childrenOf({ id }, limit, options) {
      options?.signal?.throwIfAborted();
      const sql = `SELECT run_id AS id FROM run_tags JOIN runs ON runs.id = run_id
        WHERE key = 'mlflow.parentRunId' AND value = ? ORDER BY started_at, runs.rowid LIMIT ?`;
      return idsBy(sql, [id, limit]).map(get);
    },
    async firstWith(experimentId, datasets, options) {
      options?.signal?.throwIfAborted();
      const sql = `SELECT run_id AS id FROM run_inputs JOIN runs ON runs.id = run_id
        WHERE experiment = ? AND run_inputs.name = ? AND digest = ? ORDER BY started_at, runs.rowid LIMIT 1`;
      return datasets.map(({ name, digest }) => {
        const [id] = idsBy(sql, [experimentId, name, digest]);
        return id === undefined ? undefined : get(id);
      });
    },
  };

  const runs: RunStore = {
    title,
    async get(runId, options) {
      options?.signal?.throwIfAborted();
      return get(runId);
    },

    async start({ experiment = 'Default', name, tags = {} }, options) {
      options?.signal?.throwIfAborted();
      const id = randomUUID().replaceAll('-', '');
      database.write((run) => {
        run('INSERT INTO runs VALUES (?, ?, ?, ?, ?, NULL)', [
          id,
          experiment,
          name ?? null,
          'RUNNING',
          now(),
        ]);
        for (const [key, value] of Object.entries(tags)) {
          run('INSERT INTO run_tags VALUES (?, ?, ?)', [id, key, value]);
        }
      });
      return get(id);
    },

    async end(runId, status, options) {
      options?.signal?.throwIfAborted();
      get(runId);
      database.write((run) =>
        run('UPDATE runs SET status = ?, ended_at = ? WHERE id = ?', [status, now(), runId]),
      );
    },

    async record(runId, { params = {}, tags = {}, metrics = {}, inputs = [] }, options) {
      options?.signal?.throwIfAborted();
      database.write((run) => {
        const stored = new Map(Object.entries(get(runId).params));
        for (const [key, value] of Object.entries(params)) {
          const earlier = stored.get(key);
          if (earlier !== undefined && earlier !== value) {
            throw new LineageError('RUN_ALREADY_STAMPED', {
              runId,
              what: key,
              stored: earlier,
              wanted: value,
            });
          }
          run('INSERT OR IGNORE INTO run_params VALUES (?, ?, ?)', [runId, key, value]);
        }
        for (const [key, value] of Object.entries(tags)) {
          run('INSERT OR REPLACE INTO run_tags VALUES (?, ?, ?)', [runId, key, value]);
        }
        for (const [key, value] of Object.entries(metrics)) {
          run('INSERT OR REPLACE INTO run_metrics VALUES (?, ?, ?)', [runId, key, String(value)]);
        }
        for (const input of inputs) {
          run('INSERT OR IGNORE INTO run_inputs VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
            runId,
            input.name,
            input.digest,
            input.sourceType,
            input.source,
            input.context ?? null,
            input.schema ?? null,
            input.profile ?? null,
          ]);
        }
      });
    },

    /** The ledger keeps every stamp whole, so nothing has to lie beside it. */
    async writeArtifact(runId, _path, _text, options) {
      options?.signal?.throwIfAborted();
      get(runId);
      return false;
    },
    environment: (run) => ({ ASOF_RUN_ID: run.id, ASOF_LEDGER: database.path }),
    page: () => undefined,
  };
  const tagger: RunTagger = {
    async setTags(entries, options) {
      options?.signal?.throwIfAborted();
      const known = entries.filter(
        ({ runId }) => idsBy('SELECT id FROM runs WHERE id = ?', [runId]).length > 0,
      );
      database.write((run) => {
        for (const { runId, tags } of known) {
          for (const [key, value] of Object.entries(tags)) {
            run('INSERT OR REPLACE INTO run_tags VALUES (?, ?, ?)', [runId, key, value]);
          }
        }
      });
      return entries.filter((entry) => !known.includes(entry)).map(({ runId }) => runId);
    },
  };
  return { runs, search, tagger };
}

function missing(database: LedgerDatabase, title: string, runId: string) {
  const known = database.all(z.object({ id: z.string() }), 'SELECT id FROM runs');
  return new LineageError('RUN_NOT_FOUND', {
    runId,
    registry: title,
    closest: closest(
      runId,
      known.map(({ id }) => id),
    ),
  });
}

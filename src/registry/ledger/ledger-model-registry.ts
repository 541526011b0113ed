import { z } from 'zod';
import { closest } from '../../base/closest.ts';
import { LineageError } from '../../base/errors.ts';
import type { ModelVersion, RegisteredModel, Stage } from '../model.ts';
import type { ModelRegistry } from '../model-registry.ts';
import type { RunStore } from '../run-store.ts';
import { stageHolders } from '../stage-holders.ts';
import type { LedgerDatabase } from './database.ts';
import { appendEntry } from './journal.ts';
import type { LedgerWriter } from './ledger-writer.ts';

const wireVersion = z.object({
  name: z.string(),
  version: z.int(),
  run_id: z.string(),
  source: z.string().nullable(),
  description: z.string().nullable(),
  stage: z.string().nullable(),
  created_at: z.int(),
  updated_at: z.int(),
});
const wireTag = z.object({ version: z.int(), key: z.string(), value: z.string() });
const wireAlias = z.object({ version: z.int(), alias: z.string() });

interface Transition {
  readonly at: number;
  readonly name: string;
  readonly version: number;
  readonly kind: 'registered' | 'stage' | 'alias';
  readonly what: string;
}

/** Registered models in the ledger. Every registration and every change of a stage or an alias is also kept as a transition. */
export function ledgerModelRegistry(
  database: LedgerDatabase,
  runs: RunStore,
  title: string,
  now: () => number,
): ModelRegistry {
  /** Keeps a transition, and tells the journal. */
  const note = (run: LedgerWriter['run'], transition: Transition) => {
    const { at, ...body } = transition;
    run('INSERT INTO transitions VALUES (NULL, ?, ?, ?, ?, ?)', [
      at,
      body.name,
      body.version,
      body.kind,
      body.what,
    ]);
    appendEntry({ run, all: database.all }, { at, kind: 'transition', body });
  };

  const names = () =>
    database
      .all(z.object({ name: z.string() }), 'SELECT name FROM models ORDER BY name')
      .map(({ name }) => name);

  const model = (name: string): RegisteredModel => {
    const [row] = database.all(
      z.object({ description: z.string().nullable() }),
      'SELECT description FROM models WHERE name = ?',
      [name],
    );
    if (row === undefined) {
      throw new LineageError('MODEL_NOT_FOUND', {
        name,
        registry: title,
        closest: closest(name, names()),
      });
    }
    const tags = database.all(wireTag, 'SELECT * FROM model_version_tags WHERE name = ?', [name]);
    const aliases = database.all(
      wireAlias,
      'SELECT * FROM model_aliases WHERE name = ? ORDER BY alias',
      [name],
    );
    const versions = database
      .all(wireVersion, 'SELECT * FROM model_versions WHERE name = ? ORDER BY version', [name])
      .map(
        (found): ModelVersion => ({
          name,
          version: found.version,
          runId: found.run_id,
          createdAt: found.created_at,
          updatedAt: found.updated_at,
          aliases: aliases
            .filter(({ version }) => version === found.version)
            .map(({ alias }) => alias),
          tags: Object.fromEntries(
            tags
              .filter(({ version }) => version === found.version)
              .map(({ key, value }) => [key, value]),
          ),
          ...(found.stage !== null && { stage: found.stage }),
          ...(found.source !== null && { source: found.source }),
          ...(found.description !== null && { description: found.description }),
        }),
      );
    return { name, versions, ...(row.description !== null && { description: row.description }) };
  };

  const version = (name: string, wanted: number): ModelVersion => {
    const { versions } = model(name);
    const found = versions.find((candidate) => candidate.version === wanted);
    if (found !== undefined) return found;
    const latest = versions.at(-1)?.version;
    throw new LineageError('MODEL_VERSION_NOT_FOUND', { name, version: wanted, latest });
  };

  return {
    title,
    async *models(options) {
      options?.signal?.throwIfAborted();
      for (const name of names()) yield model(name);
    },
    async model(name, options) {
      options?.signal?.throwIfAborted();
      return model(name);
    },
    async version(name, wanted, options) {
      options?.signal?.throwIfAborted();
      return version(name, wanted);
    },

    async inStage(name, stage, options) {
      options?.signal?.throwIfAborted();
      const { versions } = model(name);
      const found = versions.filter((candidate) => stageOf(candidate) === stage);
      if (found.length > 0) return found;
      throw new LineageError('STAGE_EMPTY', { name, stage, stages: stageHolders(versions) });
    },

    async byAlias(name, alias, options) {
      options?.signal?.throwIfAborted();
      const { versions } = model(name);
      const found = versions.find(({ aliases }) => aliases.includes(alias));
      if (found !== undefined) return found;
      const known = versions.flatMap(({ aliases }) => aliases);
      throw new LineageError('ALIAS_NOT_FOUND', { name, alias, closest: closest(alias, known) });
    },

    async loggedModel(modelId, options) {
      options?.signal?.throwIfAborted();
      throw new LineageError('LOGGED_MODEL_NOT_FOUND', { modelId, registry: title });
    },

    loggedModels: async () => new Map(),

    async versionsOfRun(runId, options) {
      options?.signal?.throwIfAborted();
      return database
        .all(
          z.object({ name: z.string(), version: z.int() }),
          'SELECT name, version FROM model_versions WHERE run_id = ? ORDER BY name, version',
          [runId],
        )
        .map((found) => version(found.name, found.version));
    },

    async annotate(name, wanted, { tags = {}, description }, options) {
      options?.signal?.throwIfAborted();
      database.write((run) => {
        version(name, wanted);
        for (const [key, value] of Object.entries(tags)) {
          run('INSERT OR REPLACE INTO model_version_tags VALUES (?, ?, ?, ?)', [
            name,
            wanted,
            key,
            value,
          ]);
        }
        run(
          'UPDATE model_versions SET description = coalesce(?, description), updated_at = ? WHERE name = ? AND version = ?',
          [description ?? null, now(), name, wanted],
        );
      });
    },

    async register({ name, runId, source, description }, options) {
      options?.signal?.throwIfAborted();
      checkName(
        'a model name',
        name,
        /^[^/:@\s\p{Cc}](?:[^/:@\p{Cc}]*[^/:@\s\p{Cc}])?$/u,
        'it is empty, holds / : @ or a control character, or has a space at an end',
      );
      await runs.get(runId, options);
      const made = database.write((run) => {
        const at = now();
        run('INSERT OR IGNORE INTO models VALUES (?, NULL, ?)', [name, at]);
        const next = (model(name).versions.at(-1)?.version ?? 0) + 1;
        run('INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, NULL, ?, ?)', [
          name,
          next,
          runId,
          source ?? null,
          description ?? null,
          at,
          at,
        ]);
        note(run, { at, name, version: next, kind: 'registered', what: runId });
        return next;
      });
      return version(name, made);
    },

    async setStage(name, wanted, stage, { archiveOthers = false, signal } = {}) {
      signal?.throwIfAborted();
      database.write((run) => {
        version(name, wanted);
        const move = (moved: number, to: Stage) => {
          run(
            'UPDATE model_versions SET stage = ?, updated_at = ? WHERE name = ? AND version = ?',
            [to === 'None' ? null : to, now(), name, moved],
          );
          note(run, { at: now(), name, version: moved, kind: 'stage', what: to });
        };
        move(wanted, stage);
        if (!archiveOthers) return;
        for (const other of model(name).versions) {
          if (other.version !== wanted && stageOf(other) === stage) move(other.version, 'Archived');
        }
      });
      return version(name, wanted);
    },

    async setAlias(name, wanted, alias, options) {
      options?.signal?.throwIfAborted();
      checkName(
        'an alias',
        alias,
        /^(?!latest$|v\d+$)[\p{L}\p{N}_-]{1,255}$/iu,
        'letters, digits, _ and - make one, and latest and v1, v2, … are taken',
      );
      database.write((run) => {
        version(name, wanted);
        run('INSERT OR REPLACE INTO model_aliases VALUES (?, ?, ?)', [name, alias, wanted]);
        note(run, { at: now(), name, version: wanted, kind: 'alias', what: alias });
      });
      return version(name, wanted);
    },
  };
}

function stageOf({ stage }: ModelVersion): string {
  return stage ?? 'None';
}

function checkName(what: string, name: string, rule: RegExp, problem: string): void {
  if (!rule.test(name)) throw new LineageError('NAME_INVALID', { what, name, problem });
}

import { closest } from '../../base/closest.ts';
import { LineageError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ModelVersion, RegisteredModel, Stage } from '../model.ts';
import type { ModelRegistry } from '../model-registry.ts';
import type { CallOptions } from '../run-store.ts';
import { stageHolders } from '../stage-holders.ts';
import { type MlflowClient, refusalOf, wireNothing } from './client.ts';
import { loggedModelReader } from './logged-model.ts';
import { findHead } from './model-head.ts';
import { nameFilter, searchModels, searchVersions } from './model-search.ts';
import { registerVersion } from './register.ts';
import { registryFingerprint } from './registry-fingerprint.ts';
import type { MlflowSettings } from './settings.ts';
import { type ModelHead, wireVersionAnswer } from './wire-model.ts';

// Some databases behind MLflow hold version numbers in 32 bits, and fail on larger ones.
const largestVersion = 2 ** 31 - 1;

/** Models registered with an MLflow server, linked to the runs of a tracking server: mostly the same. */
export function mlflowModelRegistry(
  client: MlflowClient,
  tracking: MlflowClient,
  settings: Pick<MlflowSettings, 'pageSize'>,
): ModelRegistry {
  const { title } = client;
  const { pageSize = 1000 } = settings;
  // As many as MLflow gives where it is not told how many; of models 1000 are the most.
  const { pageSize: versionsOfPage = 10_000 } = settings;
  const loggedModels = loggedModelReader(tracking, pageSize);

  async function head(name: string, options?: CallOptions): Promise<ModelHead> {
    const found = name.trim() === '' ? undefined : await findHead(client, name, options);
    if (found !== undefined && !found.isPrompt) return found;
    const names: string[] = [];
    for await (const model of searchModels(client, pageSize, options)) {
      if (!model.isPrompt) names.push(model.name);
    }
    const nearest = closest(name, names);
    throw new LineageError('MODEL_NOT_FOUND', { name, registry: title, closest: nearest });
  }

  async function versionsOf(
    { name, aliases }: ModelHead,
    options?: CallOptions,
  ): Promise<readonly ModelVersion[]> {
    const found: ModelVersion[] = [];
    for await (const version of searchVersions(client, nameFilter(name), versionsOfPage, options)) {
      if (version.name === name) found.push(version);
    }
    return completed(found, aliases, options);
  }

  /** Ascending, with their aliases, which searching leaves out, and the runs that only their logged models know. */
  async function completed(
    found: readonly ModelVersion[],
    aliases: ModelHead['aliases'],
    options?: CallOptions,
  ): Promise<readonly ModelVersion[]> {
    // A version registered while pages are turned moves others onto the next page, where they come again.
    const byNumber = new Map(found.map((version) => [version.version, version]));
    const versions = [...byNumber.values()].map((version) => {
      const names = [...aliases].filter(([, number]) => number === version.version);
      return { ...version, aliases: names.map(([alias]) => alias).toSorted() };
    });
    return await loggedModels.withRuns(
      versions.toSorted((a, b) => a.version - b.version),
      options,
    );
  }

  async function model(name: string, options?: CallOptions): Promise<RegisteredModel> {
    const found = await head(name, options);
    const { description } = found;
    return withoutUndefined({ name, description, versions: await versionsOf(found, options) });
  }

  async function version(name: string, number: number, options?: CallOptions) {
    return onVersion(name, number, options, async () => {
      const query = { name, version: number };
      const found = await client.get('model-versions/get', query, wireVersionAnswer, options);
      return loggedModels.withRun(found, options);
    });
  }

  /** Does something with a version; where that fails for want of it, says whether the model or the version is missing. */
  async function onVersion<T>(
    name: string,
    number: number,
    options: CallOptions | undefined,
    act: () => Promise<T>,
  ): Promise<T> {
    if (name.trim() !== '' && Number.isInteger(number) && number > 0 && number <= largestVersion) {
      try {
        return await act();
      } catch (error) {
        if (refusalOf(error, 'INVALID_PARAMETER_VALUE') !== undefined) {
          await head(name, options);
          throw error;
        }
        if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST') === undefined) throw error;
      }
    }
    const latest = (await model(name, options)).versions.at(-1)?.version;
    throw new LineageError('MODEL_VERSION_NOT_FOUND', { name, version: number, latest });
  }

  return {
    title,
    model,
    version,

    async *models(options) {
      if (client.isUnityCatalog) {
        // It searches versions by the name of a model or by a run only.
        for await (const found of searchModels(client, pageSize, options)) {
          const { name, description } = found;
          if (found.isPrompt) continue;
          const versions = await versionsOf(found, options);
          yield withoutUndefined({ name, description, versions });
        }
        return;
      }
      const byName = new Map<string, ModelVersion[]>();
      const heads = all(searchModels(client, pageSize, options));
      // Awaited below; until then a failure of the other search comes first.
      heads.catch(() => {});
      for await (const found of searchVersions(client, undefined, versionsOfPage, options)) {
        const same = byName.get(found.name);
        if (same === undefined) byName.set(found.name, [found]);
        else same.push(found);
      }
      for (const { name, description, aliases, isPrompt } of await heads) {
        if (isPrompt) continue;
        const versions = await completed(byName.get(name) ?? [], aliases, options);
        yield withoutUndefined({ name, description, versions });
      }
    },

    ...(!client.isOnDatabricks && {
      fingerprint: (options?: CallOptions) => registryFingerprint(client, pageSize, options),
    }),

    async inStage(name, stage, options) {
      if (client.isUnityCatalog) throw new LineageError('STAGE_UNSUPPORTED', { registry: title });
      const { versions } = await model(name, options);
      // `get-latest-versions` would give one of them; there can be several.
      const found = versions.filter((version) => (version.stage ?? 'None') === stage);
      if (found.length > 0) return found;
      throw new LineageError('STAGE_EMPTY', { name, stage, stages: stageHolders(versions) });
    },

    async byAlias(name, alias, options) {
      try {
        const query = { name, alias };
        const found = await client.get(
          'registered-models/alias',
          query,
          wireVersionAnswer,
          options,
        );
        return await loggedModels.withRun(found, options);
      } catch (error) {
        // MLflow 3.17 gives a missing alias the code of an invalid request.
        const refusal = refusalOf(error, 'INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST');
        if (refusal === undefined) throw error;
        const { aliases } = await head(name, options);
        if (aliases.has(alias)) throw error;
        const nearest = closest(alias, aliases.keys());
        throw new LineageError(
          'ALIAS_NOT_FOUND',
          { name, alias, closest: nearest },
          { cause: error },
        );
      }
    },

    loggedModel: loggedModels.get,
    loggedModels: loggedModels.search,

    async versionsOfRun(runId, options) {
      // No id that MLflow gives holds a quote, and a filter can't say one.
      if (/["']/.test(runId)) return [];
      const found: ModelVersion[] = [];
      const filter = `run_id = '${runId}'`;
      for await (const version of searchVersions(client, filter, versionsOfPage, options)) {
        if (version.runId === runId) found.push(version);
      }
      return found;
    },

    async annotate(name, number, { tags = {}, description }, options) {
      const key = { name, version: String(number) };
      await onVersion(name, number, options, async () => {
        if (description !== undefined) {
          const body = { ...key, description };
          await client.patch('model-versions/update', body, wireNothing, options);
        }
        for (const [tag, value] of Object.entries(tags)) {
          const body = { ...key, key: tag, value };
          await client.post('model-versions/set-tag', body, wireNothing, options);
        }
      });
    },

    register: (model, options) => registerVersion(client, tracking, model, options),

    async setStage(name, number, stage, options = {}) {
      if (client.isUnityCatalog) throw new LineageError('STAGE_UNSUPPORTED', { registry: title });
      const { archiveOthers = false, ...call } = options;
      const body = {
        name,
        version: String(number),
        stage,
        // MLflow 3.17 fails with HTTP 500 when asked to archive others for the sake of an inactive stage.
        archive_existing_versions: archiveOthers && isActive(stage),
      };
      await onVersion(name, number, call, () =>
        client.post('model-versions/transition-stage', body, wireNothing, call),
      );
      return version(name, number, call);
    },

    async setAlias(name, number, alias, options) {
      await onVersion(name, number, options, async () => {
        const body = { name, version: String(number), alias };
        try {
          await client.post('registered-models/alias', body, wireNothing, options);
        } catch (error) {
          const refusal = refusalOf(error, 'INVALID_PARAMETER_VALUE');
          if (refusal === undefined) throw error;
          await head(name, options);
          const problem = refusal.replace(/\.$/, '');
          throw new LineageError('NAME_INVALID', { what: 'an alias', name: alias, problem });
        }
      });
      return version(name, number, options);
    },
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function isActive(stage: Stage): boolean {
  return stage === 'Production' || stage === 'Staging';
}

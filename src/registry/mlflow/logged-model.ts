import { isLineageError, LineageError } from '../../base/errors.ts';
import type { LoggedModel, ModelVersion } from '../model.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { experimentIds, searchPages } from './search-pages.ts';
import { wireLoggedModelAnswer, wireLoggedModelPage } from './wire-model.ts';

/** How many ids one request asks for: MLflow makes one SQL statement of them. */
const idsAtOnce = 100;

export interface LoggedModelReader {
  /** @throws LineageError LOGGED_MODEL_NOT_FOUND */
  get(id: string, options?: CallOptions): Promise<LoggedModel>;
  /** Those that a search by ids finds; none where the server has no such search. */
  search(ids: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, LoggedModel>>;
  /** The versions with the runs that logged their models, where the registry itself names none. */
  withRuns(
    versions: readonly ModelVersion[],
    options?: CallOptions,
  ): Promise<readonly ModelVersion[]>;
  withRun(version: ModelVersion, options?: CallOptions): Promise<ModelVersion>;
}

/** @param pageSize of experiments */
export function loggedModelReader(client: MlflowClient, pageSize: number): LoggedModelReader {
  async function find(id: string, options?: CallOptions): Promise<LoggedModel | undefined> {
    if (!isId(id)) return undefined;
    try {
      return await client.get(`logged-models/${id}`, {}, wireLoggedModelAnswer, options);
    } catch (error) {
      if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST') !== undefined) return undefined;
      throw error;
    }
  }

  async function search(ids: readonly string[], options?: CallOptions) {
    const found = new Map<string, LoggedModel>();
    const wanted = [...new Set(ids)].filter(isId);
    if (wanted.length === 0) return found;
    try {
      const experiment_ids = await experimentIds(client, pageSize, options);
      for (let start = 0; start < wanted.length; start += idsAtOnce) {
        const list = wanted.slice(start, start + idsAtOnce).map((id) => `'${id}'`);
        const query = {
          experiment_ids,
          filter: `model_id IN (${list.join(', ')})`,
          max_results: Math.min(list.length, idsAtOnce),
        };
        const route = 'logged-models/search';
        for await (const model of searchPages(client, route, query, wireLoggedModelPage, options)) {
          found.set(model.id, model);
        }
      }
    } catch (error) {
      // A server before MLflow 3, or one that knows no IN.
      if (
        !isLineageError(error, 'SERVER_REFUSED') &&
        !isLineageError(error, 'UNEXPECTED_RESPONSE')
      ) {
        throw error;
      }
    }
    return found;
  }

  async function withRuns(versions: readonly ModelVersion[], options?: CallOptions) {
    const isWithout = ({ runId, loggedModelId }: ModelVersion) =>
      runId === undefined && loggedModelId !== undefined;
    const ids = versions.filter(isWithout).map(({ loggedModelId = '' }) => loggedModelId);
    const known = ids.length > 1 ? await search(ids, options) : new Map<string, LoggedModel>();
    const completed: ModelVersion[] = [];
    for (const version of versions) {
      const { loggedModelId = '' } = version;
      const model = isWithout(version)
        ? (known.get(loggedModelId) ?? (await find(loggedModelId, options)))
        : undefined;
      completed.push(model?.runId === undefined ? version : { ...version, runId: model.runId });
    }
    return completed;
  }

  return {
    async get(id, options) {
      const found = await find(id, options);
      if (found !== undefined) return found;
      throw new LineageError('LOGGED_MODEL_NOT_FOUND', { modelId: id, registry: client.title });
    },
    search,
    withRuns,
    async withRun(version, options) {
      const [completed = version] = await withRuns([version], options);
      return completed;
    },
  };
}

/** The id is part of a route or of a filter: another shape would ask for something else. */
function isId(id: string): boolean {
  return /^m-[-\w]+$/.test(id);
}

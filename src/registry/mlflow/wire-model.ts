import { z } from 'zod';
import { int64 } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { LoggedModel, ModelVersion } from '../model.ts';
import { wireEntries, wireList, wireText, wireTime } from './wire-parts.ts';

const wireVersion = z
  .object({
    name: z.string(),
    version: int64,
    current_stage: wireText,
    // Unity Catalog gives an alias together with its version.
    aliases: wireList(
      z.union([z.string(), z.object({ alias: z.string() }).transform(({ alias }) => alias)]),
    ),
    run_id: wireText,
    model_id: wireText,
    source: wireText,
    description: wireText,
    tags: wireEntries,
    creation_timestamp: wireTime,
    last_updated_timestamp: wireTime,
  })
  .transform(
    (wire): ModelVersion =>
      withoutUndefined({
        name: wire.name,
        version: wire.version,
        stage: wire.current_stage === 'None' ? undefined : wire.current_stage,
        aliases: wire.aliases.toSorted(),
        runId: wire.run_id ?? runIdIn(wire.source),
        loggedModelId: wire.model_id ?? loggedModelIdIn(wire.source),
        source: wire.source,
        description: wire.description,
        tags: wire.tags,
        createdAt: wire.creation_timestamp,
        updatedAt: wire.last_updated_timestamp,
      }),
  );

function runIdIn(source = ''): string | undefined {
  return /^runs:\/+([^/]+)(?:\/|$)/.exec(source)?.[1];
}

/** The id in `models:/m-…`, which is how MLflow 3 writes where a version's files lie. */
export function loggedModelIdIn(source = ''): string | undefined {
  return /^models:\/+(m-[^/@]+)$/.exec(source)?.[1];
}

/** What `model-versions/get`, `…/create`, `…/transition-stage` and `registered-models/alias` answer. */
export const wireVersionAnswer = z
  .object({ model_version: wireVersion })
  .transform(({ model_version }) => model_version);

export const wireVersionPage = z
  .object({ model_versions: wireList(wireVersion), next_page_token: wireText })
  .transform((page) => ({ items: page.model_versions, next: page.next_page_token }));

/** A registered model without its versions, of which these answers hold the latest of each stage only. */
export interface ModelHead {
  readonly name: string;
  readonly description: string | undefined;
  /** Alias by alias, the version that it points at. */
  readonly aliases: ReadonlyMap<string, number>;
  readonly updatedAt: number | undefined;
  /** MLflow keeps prompts among the registered models. */
  readonly isPrompt: boolean;
}

const wireModel = z
  .object({
    name: z.string(),
    description: wireText,
    aliases: wireList(z.object({ alias: z.string(), version: int64 })),
    tags: wireEntries,
    last_updated_timestamp: wireTime,
  })
  .transform(
    ({ name, description, aliases, tags, last_updated_timestamp }): ModelHead => ({
      name,
      description,
      updatedAt: last_updated_timestamp,
      aliases: new Map(aliases.map(({ alias, version }) => [alias, version])),
      isPrompt: tags['mlflow.prompt.is_prompt']?.toLowerCase() === 'true',
    }),
  );

export const wireModelAnswer = z
  .object({ registered_model: wireModel })
  .transform(({ registered_model }) => registered_model);

export const wireModelPage = z
  .object({ registered_models: wireList(wireModel), next_page_token: wireText })
  .transform((page) => ({ items: page.registered_models, next: page.next_page_token }));

const wireLoggedModel = z
  .object({
    info: z.object({
      model_id: z.string(),
      name: wireText,
      source_run_id: wireText,
      tags: wireEntries,
    }),
    data: z.object({ params: wireEntries }).nullish(),
  })
  .transform(({ info, data }): LoggedModel => {
    const { params = {} } = data ?? {};
    return withoutUndefined({
      id: info.model_id,
      name: info.name,
      runId: info.source_run_id,
      params: Object.keys(params).length === 0 ? undefined : params,
      tags: Object.keys(info.tags).length === 0 ? undefined : info.tags,
    });
  });

/** What `logged-models/ID` answers. */
export const wireLoggedModelAnswer = z
  .object({ model: wireLoggedModel })
  .transform(({ model }) => model);

export const wireLoggedModelPage = z
  .object({ models: wireList(wireLoggedModel), next_page_token: wireText })
  .transform((page) => ({ items: page.models, next: page.next_page_token }));

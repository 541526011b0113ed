import { z } from 'zod';
import { jsonOf } from '../base/json-of.ts';
import type { Run } from '../registry/run.ts';

const wireModelFile = z
  .object({ metadata: z.record(z.string(), z.unknown()) })
  .transform(({ metadata }) => flattened(metadata));

/**
 * The free metadata of `log_model(metadata=…)` in an `MLmodel` file, nested names joined with dots, values as text; empty where there is
 * none.
 */
export async function modelMetadata(text: string): Promise<Readonly<Record<string, string>>> {
  // Most have none, and reading YAML takes a millisecond a file.
  if (!text.includes('metadata')) return {};
  return wireModelFile.safeParse(await yamlOf(text)).data ?? {};
}

/** A file of a model, without what does not tell of data. */
export async function bearingOnData(path: string, text: string): Promise<string> {
  if (!path.endsWith('MLmodel')) return text;
  const metadata = await modelMetadata(text);
  return Object.keys(metadata).length === 0 ? '' : JSON.stringify({ metadata });
}

/** A table that a feature store's specification names; it holds no version. */
export interface SpecTable {
  readonly ref: string;
  readonly id?: string;
}

const wireTableEntry = z.union([
  z.record(z.string(), z.object({ table_id: z.string().nullish() }).nullish()),
  z.null(),
]);
const wireColumn = z.record(
  z.string(),
  z.object({ source: z.string().nullish(), table_name: z.string().nullish() }).nullish(),
);

/**
 * `feature_spec.yaml` of Databricks' feature store, versions 1 to 11: `input_tables` maps names to ids where the file is new enough,
 * `input_columns` names the table of each feature. Source: databricks-feature-engineering 0.18.
 */
const wireFeatureSpec = z
  .object({
    input_columns: z.array(wireColumn).nullish().catch(undefined),
    input_tables: z
      .union([z.array(wireTableEntry), wireTableEntry.transform((entry) => [entry])])
      .nullish()
      .catch(undefined),
  })
  .transform(({ input_columns, input_tables }): readonly SpecTable[] => {
    const ids = new Map<string, string | undefined>();
    for (const entry of input_tables ?? []) {
      for (const [name, table] of Object.entries(entry ?? {})) {
        ids.set(name, table?.table_id ?? undefined);
      }
    }
    for (const entry of input_columns ?? []) {
      for (const column of Object.values(entry)) {
        const name = column?.table_name ?? undefined;
        if (name !== undefined && !ids.has(name)) ids.set(name, undefined);
      }
    }
    return [...ids].map(([ref, id]) => ({ ref, ...(id !== undefined && { id }) }));
  });

/** The feature tables of a `feature_spec.yaml`; undefined when it is none. */
export async function parseFeatureSpec(text: string): Promise<readonly SpecTable[] | undefined> {
  return wireFeatureSpec.safeParse(await yamlOf(text)).data;
}

const wireHistory = z.array(z.object({ artifact_path: z.string() }));

/**
 * MLflow 2's functions note on a run what models they put with its files. Undefined: none; empty where MLflow cut the note. Without such
 * a note files are asked for only where nothing else says a version: a request for each run of a registry takes minutes.
 */
export function notedFolders({ tags }: Pick<Run, 'tags'>): readonly string[] | undefined {
  const text = tags['mlflow.log-model.history'];
  if (text === undefined) return;
  const history = wireHistory.safeParse(jsonOf(text)).data ?? [];
  return [...new Set(history.map(({ artifact_path }) => artifact_path))];
}

async function yamlOf(text: string): Promise<unknown> {
  const { parse, YAMLParseError } = await import('yaml');
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError || error instanceof ReferenceError) return;
    throw error;
  }
}

/** Numbers and flags as text; lists are left out. */
function flattened(values: Readonly<Record<string, unknown>>, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): readonly (readonly [string, string])[] => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return Object.entries(flattened({ ...value }, `${prefix}${key}.`));
      }
      const isPlain = ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
      return isPlain ? [[prefix + key, String(value)]] : [];
    }),
  );
}

import { z } from 'zod';
import { jsonOf } from '../base/json-of.ts';
import { remembering } from '../base/remembering.ts';
import type { RunInput } from '../registry/run.ts';

export interface DeltaSource {
  /** A name or a path. */
  readonly ref: string;
  readonly id?: string;
  readonly version?: number;
}

const wireSource = z
  .object({
    path: z.string().nullish(),
    delta_table_name: z.string().nullish(),
    // MLflow writes a number; `from_spark(version="0")` and asof write text.
    delta_table_version: z
      .union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number).pipe(z.int())])
      .nullish()
      .catch(undefined),
    delta_table_id: z.string().nullish(),
  })
  .transform((source): DeltaSource | undefined => {
    const ref = source.delta_table_name ?? source.path ?? undefined;
    if (ref === undefined) return;
    return {
      ref,
      ...(typeof source.delta_table_id === 'string' && { id: source.delta_table_id }),
      ...(typeof source.delta_table_version === 'number' && {
        version: source.delta_table_version,
      }),
    };
  });

/**
 * The Delta table that a dataset input names; undefined when it names none. An absent version is unknown: MLflow 3.17 leaves out
 * version 0 (`DeltaDatasetSource.to_dict`), and others leave out what they do not know.
 */
export function deltaSource({ sourceType, source }: RunInput): DeltaSource | undefined {
  if (sourceType !== 'delta_table') return;
  return tableIn(source);
}

const tableIn = remembering((source) => wireSource.safeParse(jsonOf(source)).data);

/** A place that some other kind of source names. */
export interface NamedPlace {
  readonly ref: string;
  readonly version?: number;
  /** Not known to be a Delta table. */
  readonly isPlace: true;
}

const files = z
  .union([
    z.string().transform((file) => [file]),
    z.array(z.string()),
    z
      .record(z.string(), z.union([z.string(), z.array(z.string())]))
      .transform((splits) => Object.values(splits).flat()),
  ])
  .nullish()
  .catch(undefined);
const text = z.string().nullish().catch(undefined);

/** What MLflow 3.17's other sources write: `spark` (path, table_name or sql), `local`, `s3` and the like (uri), `http` (url), `hugging_face`. */
const wirePlaces = z
  .object({
    path: text,
    uri: text,
    url: text,
    table_name: text,
    sql: text,
    data_dir: text,
    data_files: files,
  })
  .transform(({ sql, table_name, data_files, data_dir, ...single }): readonly NamedPlace[] => {
    const isLocation = (place: string) => /[\\/]/.test(place);
    const places = [...(data_files ?? []), data_dir, single.path, single.uri, single.url]
      .filter((place): place is string => typeof place === 'string')
      .filter(isLocation);
    const tables = typeof table_name === 'string' ? [table_name] : [];
    return [
      ...[...new Set([...tables, ...places])].map((ref) => ({ ref, isPlace: true }) as const),
      ...(typeof sql === 'string' ? tablesInSql(sql) : []),
    ];
  });

/** The places that a dataset input names whose source is not `DeltaDatasetSource`. */
export function placesIn({ sourceType, source }: RunInput): readonly NamedPlace[] {
  if (sourceType === 'code' || sourceType === 'delta_table') return [];
  return wirePlaces.safeParse(jsonOf(source)).data ?? [];
}

const part = '(?:`(?:[^`]|``)+`|[A-Za-z_][\\w$]*)';
const fromTable = new RegExp(
  `\\b(?:FROM|JOIN)\\s+(${part}(?:\\.${part}){0,2})(?:@v(\\d+)|\\s+(?:FOR\\s+)?(?:SYSTEM_)?VERSION\\s+AS\\s+OF\\s+'?(\\d+)'?)?`,
  'gi',
);

/** Tables that a SELECT reads, with the version where the text says it; functions and subqueries are passed over. */
export function tablesInSql(sql: string): readonly NamedPlace[] {
  return [...sql.matchAll(fromTable)].flatMap(([whole, name = '', at, asOf], index, all) => {
    const behind = sql.slice((all[index]?.index ?? 0) + whole.length).trimStart();
    if (behind.startsWith('(')) return [];
    const location = /^delta\.`(.+)`$/i.exec(name)?.[1];
    const version = at ?? asOf;
    return [
      {
        ref: location ?? name,
        isPlace: true as const,
        ...(version !== undefined && { version: Number(version) }),
      },
    ];
  });
}

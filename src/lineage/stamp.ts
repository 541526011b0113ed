import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import { LineageError } from '../base/errors.ts';
import type { ReadSpec } from '../delta/read-spec.ts';
import { formatTableRef } from '../delta/table-ref.ts';
import type { RunInput } from '../registry/run.ts';
import type { RunRecord } from '../registry/run-store.ts';
import type { Pin } from './pin.ts';

/** What asof records of a training's data; times in ISO 8601, UTC. */
export interface Stamp {
  readonly v: 1;
  readonly at: string;
  /** The version of asof that wrote it. */
  readonly asof: string;
  readonly tables: readonly StampedTable[];
  readonly code?: CodeVersion;
}

export interface StampedTable {
  readonly alias: string;
  readonly ref: string;
  readonly location: string;
  readonly id: string;
  readonly version: number;
  readonly committedAt?: string;
  /** The snapshot digest; absent where a warehouse alone knew the table. */
  readonly digest?: string;
  readonly rows?: number;
  /** Of all rows of the version, whatever of them was read; present when it was asked for. */
  readonly rowDigest?: string;
  /** Absent when all of the table was read. */
  readonly read?: ReadSpec;
  /** Written later, from what others had recorded; absent when asof pinned the table at train time. */
  readonly backfilled?: Backfilled;
}

/** What a stamp rests on that was written after the training. */
export interface Backfilled {
  readonly certainty: 'recorded' | 'inferred';
  readonly confidence: number;
  readonly why: string;
}

/** Such a stamp is a tag on its run, and nothing else. */
export function isBackfilled({ tables }: Stamp): boolean {
  return tables.some(({ backfilled }) => backfilled !== undefined);
}

/** The code that trained. */
export interface CodeVersion {
  readonly commit: string;
  /** Files differed from the commit. */
  readonly isDirty?: boolean;
  readonly remote?: string;
}

/** The tag that holds the stamp, and those that hold its tables when one is not enough. */
export const stampTag = 'asof.stamp';
export const tableTag = (alias: string) => `asof.table.${alias}`;

/** MLflow 3.17 cuts tags at 8,000 characters without a word, older servers at 5,000. */
const tagLimit = 5000;

export function stampOf(
  pins: readonly Pin[],
  options: {
    readonly at: number;
    readonly asof: string;
    /** By alias. */
    readonly reads?: Readonly<Record<string, ReadSpec>> | undefined;
    readonly code?: CodeVersion | undefined;
  },
): Stamp {
  const tables = pins.map(({ tableId, committedAt, ...pin }): StampedTable => {
    const read = options.reads?.[pin.alias];
    return {
      alias: pin.alias,
      ref: pin.ref,
      location: pin.location,
      id: tableId,
      version: pin.version,
      ...(committedAt !== undefined && { committedAt: new Date(committedAt).toISOString() }),
      ...(pin.digest !== undefined && { digest: pin.digest }),
      ...(pin.rows !== undefined && { rows: pin.rows }),
      ...(pin.rowDigest !== undefined && { rowDigest: pin.rowDigest }),
      ...(read !== undefined && Object.keys(read).length > 0 && { read }),
    };
  });
  return {
    v: 1,
    at: new Date(options.at).toISOString(),
    asof: options.asof,
    tables,
    ...(options.code && { code: options.code }),
  };
}

/** The whole stamp as it lies with the run's artifacts. */
export function stampManifest(stamp: Stamp): string {
  return `${JSON.stringify(stamp, undefined, 2)}\n`;
}

/**
 * How a stamp stands on a run so that others see it too: parameters as people write them by hand, dataset inputs that MLflow's own
 * `DeltaDatasetSource` reads, and our tags.
 *
 * @throws LineageError STAMP_TOO_LARGE when one table's part alone does not fit a tag
 */
export function recordOf(stamp: Stamp): Required<Pick<RunRecord, 'params' | 'tags' | 'inputs'>> {
  return { params: paramsOf(stamp), tags: tagsOf(stamp), inputs: stamp.tables.map(inputOf) };
}

function paramsOf({ tables }: Stamp): Record<string, string> {
  const params: Record<string, string> = {};
  for (const { alias, ref, version } of tables) {
    params[`${alias}_table`] = ref;
    params[`${alias}_table_version`] = String(version);
  }
  const [first] = tables;
  if (first !== undefined && params['feature_table'] === undefined) {
    params['feature_table'] = first.ref;
    params['feature_table_version'] = String(first.version);
  }
  return params;
}

function tagsOf(stamp: Stamp): Record<string, string> {
  const manifest = createHash('sha256').update(stampManifest(stamp)).digest('hex');
  const whole = JSON.stringify({ ...stamp, manifest });
  if (whole.length < tagLimit) return { [stampTag]: whole };
  const aliases = stamp.tables.map(({ alias }) => alias);
  const tags: Record<string, string> = {
    [stampTag]: JSON.stringify({ ...stamp, tables: undefined, aliases, manifest }),
  };
  for (const table of stamp.tables) {
    const text = JSON.stringify(table);
    if (text.length >= tagLimit) {
      throw new LineageError('STAMP_TOO_LARGE', { alias: table.alias, characters: text.length });
    }
    tags[tableTag(table.alias)] = text;
  }
  return tags;
}

function inputOf(table: StampedTable): RunInput {
  const { ref, location, id, version, read } = table;
  const identity = createHash('sha256').update(canonicalJson([id, version, read ?? null]));
  return {
    name: formatTableRef(ref, version),
    // MLflow takes 36 characters at most.
    digest: identity.digest('hex').slice(0, 32),
    sourceType: 'delta_table',
    source: JSON.stringify({
      ...(ref === location ? { path: location } : { delta_table_name: ref }),
      // As text 0 outlives MLflow's `DeltaDatasetSource.to_dict`, which drops the number (3.17); its `load` takes both.
      delta_table_version: version === 0 ? '0' : version,
      delta_table_id: id,
    }),
    context: 'training',
    ...(table.rows !== undefined && { profile: JSON.stringify({ num_rows: table.rows }) }),
  };
}

import { z } from 'zod';
import { int64 } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { Commit } from '../table-history.ts';

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** Spark reads these maps as text to text: what a writer put in as a number, a list or an object becomes its JSON. */
const texts = z.record(
  z.string(),
  z.unknown().transform((value) => {
    if (value === null || typeof value === 'string') return value;
    return JSON.stringify(value);
  }),
);

/**
 * The `commitInfo` action: free-form by the protocol, these fields by custom, so what does not fit is left out rather than refused.
 * Source: Delta Lake 4.4, `CommitInfo`; delta-rs 1.6 writes a subset.
 */
export const wireCommitInfo = z
  .object({
    inCommitTimestamp: optional(int64),
    userId: optional(z.string()).catch(undefined),
    userName: optional(z.string()).catch(undefined),
    operation: optional(z.string()).catch(undefined),
    operationParameters: optional(texts).catch(undefined),
    job: optional(z.record(z.string(), z.unknown())).catch(undefined),
    notebook: optional(z.record(z.string(), z.unknown())).catch(undefined),
    clusterId: optional(z.string()).catch(undefined),
    readVersion: optional(int64).catch(undefined),
    isolationLevel: optional(z.string()).catch(undefined),
    isBlindAppend: optional(z.boolean()).catch(undefined),
    operationMetrics: optional(texts).catch(undefined),
    userMetadata: optional(z.string()).catch(undefined),
    engineInfo: optional(z.string()).catch(undefined),
  })
  .transform(({ inCommitTimestamp, operationMetrics, ...info }): CommitInfo => {
    const metrics = Object.entries(operationMetrics ?? {}).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    return {
      inCommitTimestamp,
      columns: withoutUndefined({
        ...info,
        operationMetrics: operationMetrics && Object.fromEntries(metrics),
      }),
    };
  });

export interface CommitInfo {
  /** Epoch milliseconds, UTC. */
  readonly inCommitTimestamp: number | undefined;
  /** The columns of DESCRIBE HISTORY but version and timestamp. */
  readonly columns: Omit<Commit, 'version' | 'timestamp'>;
}

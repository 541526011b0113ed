import { z } from 'zod';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { Commit } from '../table-history.ts';

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** A BIGINT, which the driver gives as text or a `bigint` when it is to be exact. */
export const bigint = z
  .union([z.number(), z.bigint(), z.string().regex(/^-?\d+$/)])
  .transform(Number)
  .refine(Number.isSafeInteger, 'is outside the range a JavaScript number holds exactly');

/** A TIMESTAMP: a Date, or text in the session's time zone, which is UTC. */
export const timestamp = z.union([
  z.date().transform((date) => date.getTime()),
  z
    .string()
    .transform((text) => Date.parse(`${text.replace(' ', 'T')}Z`))
    .refine((time) => !Number.isNaN(time), 'is no timestamp'),
]);

const text = optional(z.string());
const structure = optional(z.record(z.string(), z.unknown()));

/** A row of DESCRIBE HISTORY. Source: Spark 4.2 with Delta 4.4; Databricks fills the same columns, and adds some. */
export const wireCommit = z
  .object({
    version: bigint,
    timestamp,
    userId: text,
    userName: text,
    operation: text,
    operationParameters: optional(z.record(z.string(), z.string().nullable())),
    job: structure,
    notebook: structure,
    clusterId: text,
    readVersion: optional(bigint),
    isolationLevel: text,
    isBlindAppend: optional(z.boolean()),
    operationMetrics: optional(z.record(z.string(), z.string().nullable())),
    userMetadata: text,
    engineInfo: text,
  })
  .transform(({ operationMetrics, ...commit }): Commit => {
    const metrics = Object.entries(operationMetrics ?? {}).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    return withoutUndefined({
      ...commit,
      operationMetrics: operationMetrics && Object.fromEntries(metrics),
    });
  });

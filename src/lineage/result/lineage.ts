import { z } from 'zod';
import { schemaVersion, warning } from './parts.ts';

/** A table version that the rows of another came from. */
export interface Upstream {
  readonly kind: 'clone' | 'restore' | 'stream';
  readonly ref: string;
  readonly tableId: string | null;
  readonly version: number | null;
  readonly known: 'log' | 'streaming-checkpoint';
  readonly atVersion: number;
  readonly why: string;
  readonly upstream: readonly Upstream[];
}

const upstream: z.ZodType<Upstream> = z.lazy(() =>
  z.strictObject({
    kind: z.enum(['clone', 'restore', 'stream']),
    ref: z.string(),
    tableId: z.string().nullable(),
    version: z.int().nullable(),
    /** `log`: the commit's own parameters. `streaming-checkpoint`: the offsets of the query that wrote it. */
    known: z.enum(['log', 'streaming-checkpoint']),
    /** The commit that says so, in the table downstream. */
    atVersion: z.int(),
    why: z.string(),
    upstream: z.array(upstream).readonly(),
  }),
);

/** Where a table version comes from, by facts alone. */
export const lineageResult = z.strictObject({
  schemaVersion,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  version: z.int(),
  upstream: z.array(upstream),
  /** Jobs, notebooks and streaming queries that wrote commits, as the log names them. */
  writers: z.array(
    z.strictObject({
      kind: z.enum(['job', 'notebook', 'query']),
      id: z.string(),
      name: z.string().nullable(),
      versions: z.array(z.int()),
    }),
  ),
  /** Operations of which the log does not say where their rows came from. */
  unknown: z.array(
    z.strictObject({ operation: z.string(), versions: z.array(z.int()), why: z.string() }),
  ),
  warnings: z.array(warning),
});

export type LineageResult = z.infer<typeof lineageResult>;

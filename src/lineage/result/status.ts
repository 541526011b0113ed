import { z } from 'zod';
import { instant, modelVersion, schemaVersion, warning } from './parts.ts';
import { readableStates, traceResult } from './trace.ts';

/** How a table version can get worse under the table's own settings. */
const change = z.strictObject({
  to: z.enum(['refused', 'files-lost', 'log-lost']),
  /** Not before; in the past: any moment. */
  at: instant,
  by: z.string(),
  /** The table property that moves the date, and its value; a default is in brackets. */
  setting: z.string(),
  value: z.string(),
});

const lost = z.strictObject({
  files: z.int(),
  ofFiles: z.int(),
  /** null where the log does not count them. */
  rows: z.int().nullable(),
  ofRows: z.int().nullable(),
});

const table = z.strictObject({
  alias: z.string(),
  table: traceResult.shape.links.element.shape.table,
  /** null when it is not known. */
  version: z.int().nullable(),
  committedAt: instant.nullable(),
  certainty: traceResult.shape.links.element.shape.certainty,
  state: z.enum(readableStates),
  stateReason: z.string().nullable(),
  lost: lost.nullable(),
  /** By time. */
  changes: z.array(change),
  /** The first of them; null: none as the table stands, unless `unforeseen` says otherwise. */
  until: instant.nullable(),
  /** Why some change can't be foreseen. */
  unforeseen: z.string().nullable(),
  /** The folder of a sound hold: it stays when the original goes. */
  hold: z.string().nullable(),
});

/** One model version and whether its data can still be had. */
export const statusLine = z.strictObject({
  schemaVersion,
  model: modelVersion.extend({ name: z.string().nullable(), version: z.int().nullable() }),
  /** The worst of its tables; unknown when none is known. */
  state: z.enum(readableStates),
  /** The first change of any table. */
  until: instant.nullable(),
  tables: z.array(table),
  /** What a check for loss finds within the time asked for; empty: nothing. */
  findings: z.array(z.string()),
  warnings: z.array(warning),
});

export type StatusLine = z.infer<typeof statusLine>;
export type StatusTable = StatusLine['tables'][number];

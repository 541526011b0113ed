import { z } from 'zod';
import { LineageError } from '../base/errors.ts';
import type { Run } from '../registry/run.ts';
import { type Stamp, type StampedTable, stampTag, tableTag } from './stamp.ts';

const wireRead = z.object({
  columns: z.array(z.string()).min(1).exactOptional(),
  where: z.string().exactOptional(),
  split: z.string().exactOptional(),
  seed: z.int().exactOptional(),
});

const wireTable: z.ZodType<StampedTable> = z.object({
  alias: z.string(),
  ref: z.string(),
  location: z.string(),
  id: z.string(),
  version: z.int().min(0),
  committedAt: z.iso.datetime().exactOptional(),
  digest: z.string().exactOptional(),
  rows: z.int().exactOptional(),
  rowDigest: z.string().exactOptional(),
  read: wireRead.exactOptional(),
  backfilled: z
    .object({
      certainty: z.enum(['recorded', 'inferred']),
      confidence: z.number(),
      why: z.string(),
    })
    .exactOptional(),
});

const wireCode = z.object({
  commit: z.string(),
  isDirty: z.boolean().exactOptional(),
  remote: z.string().exactOptional(),
});

const wireStamp = z.object({
  v: z.literal(1),
  at: z.iso.datetime(),
  asof: z.string(),
  tables: z.array(wireTable).optional(),
  /** Instead of the tables, when each has a tag of its own. */
  aliases: z.array(z.string()).optional(),
  code: wireCode.exactOptional(),
});

/**
 * The stamp that a run carries, or undefined.
 *
 * @throws LineageError STAMP_INVALID when there is one that can't be read as it was written
 */
export function stampOn(run: Pick<Run, 'id' | 'tags'>): Stamp | undefined {
  const text = run.tags[stampTag];
  if (text === undefined) return;
  const { tables, aliases, code, ...head } = read(run.id, stampTag, wireStamp, text);
  // In the order in which `stampOf` puts them, so that it is written out as it was.
  return { ...head, tables: tables ?? tablesOf(run, aliases), ...(code && { code }) };
}

/**
 * A stamp as the ledger keeps it.
 *
 * @throws LineageError STAMP_INVALID
 */
export function stampIn(text: string, runId: string): Stamp {
  const { tables = [], aliases: _, code, ...head } = read(runId, 'the ledger', wireStamp, text);
  return { ...head, tables, ...(code && { code }) };
}

function tablesOf(
  run: Pick<Run, 'id' | 'tags'>,
  aliases: readonly string[] | undefined,
): readonly StampedTable[] {
  const invalid = (problem: string) =>
    new LineageError('STAMP_INVALID', { runId: run.id, problem });
  if (aliases === undefined) throw invalid(`its tag ${stampTag} names no tables.`);
  return aliases.map((alias) => {
    const part = run.tags[tableTag(alias)];
    if (part === undefined) throw invalid(`its tag ${tableTag(alias)} is gone.`);
    return read(run.id, tableTag(alias), wireTable, part);
  });
}

function read<T>(runId: string, tag: string, schema: z.ZodType<T>, text: string): T {
  const invalid = (problem: string, cause: unknown) =>
    new LineageError('STAMP_INVALID', { runId, problem: `its tag ${tag} ${problem}` }, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid('is not JSON.', error);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw invalid(`has another shape.\n${z.prettifyError(result.error)}`, result.error);
}

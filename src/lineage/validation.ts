import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import { LineageError } from '../base/errors.ts';
import type { Run } from '../registry/run.ts';
import type { CallOptions, RunStore } from '../registry/run-store.ts';
import type { Stamp, StampedTable } from './stamp.ts';
import { stampOn } from './wire-stamp.ts';
import { parseValidationTag, type Validation, type ValidationRecord } from './wire-validation.ts';

/** The tag that holds what validated one table of a stamp. */
export const validationTag = (alias: string) => `asof.validation.${alias}`;

/** Below what any MLflow server keeps of a tag. */
const tagLimit = 5000;
/** Failed expectations that are named; the counts are those of all. */
const mostFailures = 20;

/**
 * Records on a stamped run what Great Expectations said of one of its tables, bound to the very version and read specification that the
 * stamp has. Values of the data never come along.
 *
 * @param alias which table of the stamp; may be left out where there is one only
 * @throws LineageError STAMP_MISSING, STAMP_INVALID, TABLE_ALIAS_UNKNOWN, OPTION_INVALID, RUN_NOT_FOUND, STAMP_NOT_STORED
 */
export async function stampValidation(
  runs: RunStore,
  runId: string,
  alias: string | undefined,
  found: { readonly results: readonly Validation[]; readonly sha256: string },
  options: CallOptions & { readonly now: number },
): Promise<{ readonly alias: string; readonly record: ValidationRecord }> {
  const call = options.signal ? { signal: options.signal } : {};
  const run = await runs.get(runId, call);
  const stamp = stampOn(run);
  if (stamp === undefined) throw new LineageError('STAMP_MISSING', { ref: `runs:/${runId}` });
  const table = validatedTable(runId, stamp, alias);
  const record: ValidationRecord = {
    v: 1,
    at: new Date(options.now).toISOString(),
    file: found.sha256,
    table: bindingOf(table),
    results: found.results.map(shortened),
  };
  const tags = { [validationTag(table.alias)]: fitting(record) };
  await runs.record(runId, { tags }, call);
  return { alias: table.alias, record };
}

/**
 * The table of a stamp that a validation is about.
 *
 * @throws LineageError TABLE_ALIAS_UNKNOWN, OPTION_INVALID
 */
export function validatedTable(
  runId: string,
  { tables }: Stamp,
  alias: string | undefined,
): StampedTable {
  const [only, ...others] = tables;
  const meant =
    alias === undefined
      ? others.length === 0
        ? only
        : undefined
      : tables.find((table) => table.alias === alias);
  if (meant !== undefined) return meant;
  const aliases = tables.map((table) => table.alias);
  if (alias === undefined) {
    const problem = `with several tables it begins with one of ${aliases.map((known) => `${known}=`).join(', ')}`;
    throw new LineageError('OPTION_INVALID', { option: '--validation', problem });
  }
  throw new LineageError('TABLE_ALIAS_UNKNOWN', {
    ref: `runs:/${runId}`,
    alias,
    aliases,
  });
}

/** What a validation is about: the same version of the same table, read in the same way. */
export function bindingOf({
  ref,
  id,
  version,
  digest,
  read,
}: Pick<StampedTable, 'ref' | 'id' | 'version' | 'digest' | 'read'>): ValidationRecord['table'] {
  const text = canonicalJson([id, version, digest, read ?? null]);
  return { ref, id, version, binding: createHash('sha256').update(text).digest('hex') };
}

function shortened(result: Validation): Validation {
  const { failed, ...facts } = result;
  return { ...facts, failed: failed.slice(0, mostFailures) };
}

/** As text that fits a tag: names of failed expectations go before anything else does. */
function fitting(record: ValidationRecord): string {
  let text = JSON.stringify(record);
  for (let kept = mostFailures; text.length >= tagLimit && kept > 0; kept = Math.floor(kept / 2)) {
    const results = record.results.map((one) => ({
      ...one,
      failed: one.failed.slice(0, kept - 1),
    }));
    text = JSON.stringify({ ...record, results });
  }
  if (text.length < tagLimit) return text;
  throw new LineageError('STAMP_TOO_LARGE', {
    alias: record.table.ref,
    characters: text.length,
  });
}

/** What validated a stamped table, and whether it was this very data. */
export function validationOf(
  run: Pick<Run, 'tags'>,
  table: StampedTable,
):
  | { readonly record: ValidationRecord; readonly isBound: boolean }
  | { readonly problem: string }
  | undefined {
  const tag = validationTag(table.alias);
  const text = run.tags[tag];
  if (text === undefined) return;
  const record = parseValidationTag(text);
  if (record === undefined) return { problem: `the tag ${tag} can't be read` };
  return { record, isBound: record.table.binding === bindingOf(table).binding };
}

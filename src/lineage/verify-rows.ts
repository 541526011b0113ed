import { type ErrorCode, isLineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { DigestCache } from '../registry/digest-cache.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import type { CallOptions } from './find-table.ts';
import type { VerifyCheck } from './result/verify.ts';
import type { StampedTable } from './stamp.ts';
import { type DigestedRows, digestRows } from './table-rows.ts';
import { notedRows, type RowsNote, rowsKind } from './wire-rows-note.ts';

/** The digest of all rows, against the stamped one, or against the one that was noted when they were first looked at. */
export async function checkRows(
  subject: string,
  table: DeltaTable,
  { id, version, rowDigest: stamped }: Pick<StampedTable, 'version'> & Partial<StampedTable>,
  { journal, digests }: { readonly journal: StampJournal; readonly digests: DigestCache },
  options: CallOptions,
): Promise<VerifyCheck> {
  const check = (outcome: VerifyCheck['outcome'], note: string, differences: string[] = []) =>
    ({ level: 'rows', subject, outcome, note, differences }) as const;
  let found: DigestedRows;
  let tableId: string;
  try {
    const facts = await table.facts.at(version, options);
    tableId = facts.tableId;
    if (id !== undefined && tableId !== id) {
      return check('differs', 'the table id', [
        `the table there has id ${tableId}, stamped was ${id}`,
      ]);
    }
    found = await digestRows(table, facts, digests, options);
  } catch (error) {
    if (!isLineageError(error)) throw error;
    if (notReadable.has(error.code)) return check('unknown', error.message);
    if (otherRows.has(error.code))
      return check('differs', 'the rows, which can not be read as they were', [error.message]);
    throw error;
  }
  const { digest, rows, files, filesRead } = found;
  const read =
    filesRead === undefined || filesRead === files
      ? ''
      : `; ${filesRead} of ${files} files read, the others were known`;
  const noted = await notedRows(journal, tableId, version);
  const earlier = stamped ?? noted;
  if (earlier === undefined) {
    await journal.append(rowsKind, { tableId, version, digest } satisfies RowsNote);
    const note = `${rows} rows looked at for the first time, their digest noted in the ledger${read}`;
    return check('unknown', note);
  }
  const note = `${rows} rows by their digest against ${stamped === undefined ? 'an earlier look' : 'the stamp'}${read}`;
  if (digest === earlier) return check('same', note);
  return check('differs', note, [
    `row digest ${digest}, ${stamped === undefined ? 'noted' : 'stamped'} was ${earlier}`,
  ]);
}

const otherRows: ReadonlySet<string> = new Set<ErrorCode>([
  'FILES_MISSING',
  'FILE_CHANGED',
  'FILE_DAMAGED',
  'ROWS_MISCOUNTED',
  'DELETION_VECTOR_DAMAGED',
]);
const notReadable: ReadonlySet<string> = new Set<ErrorCode>([
  'FEATURE_UNSUPPORTED',
  'VERSION_TOO_OLD',
  'VERSION_REFUSED',
]);

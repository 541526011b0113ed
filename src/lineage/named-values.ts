import { isLineageError } from '../base/errors.ts';
import { parseTableName, parseTableRef } from '../delta/table-ref.ts';

// What values that people wrote by hand say of tables, whatever they are called.

interface TableAtVersion {
  readonly ref: string;
  readonly version: number;
}

/** What `TABLE@v47` says; undefined for all else. */
export function tableAtVersion(text: string): TableAtVersion | undefined {
  const [, ref, digits = ''] = /^\s*(.+)@v(\d+)\s*$/i.exec(text) ?? [];
  const version = versionIn(digits);
  return ref === undefined || version === undefined ? undefined : { ref, version };
}

/** What several of them with commas between say, or one alone; empty for all else. */
export function tablesAtVersions(text: string): readonly TableAtVersion[] {
  const found = text.split(/(?<=@v\d+)\s*[,;]\s*/i).map(tableAtVersion);
  return found.every((one) => one !== undefined) ? found : [];
}

/** What `TABLE@2026-01-31T00:00:00Z` says; undefined for all else. */
export function tableAtInstant(
  text: string,
): { readonly ref: string; readonly instant: number } | undefined {
  const [, ref, moment] = /^\s*(.+)@(\d{4}-\d{2}-\d{2}T\S+)\s*$/i.exec(text) ?? [];
  if (ref === undefined || moment === undefined || !isTable(ref)) return;
  const instant = instantIn(moment);
  return instant === undefined ? undefined : { ref, instant };
}

/** A location, or a name of two or three parts: one word alone may be anything. */
export function isTable(text: string): boolean {
  if (/^\s*$|^[\d.]+$|^\s*[[{]/.test(text)) return false;
  try {
    const table = parseTableName(text);
    return table.kind === 'location' || table.parts.length > 1;
  } catch (error) {
    if (isLineageError(error)) return false;
    throw error;
  }
}

export function versionIn(text: string): number | undefined {
  const digits = /^\s*v?(\d+)\s*$/i.exec(text)?.[1];
  const version = digits === undefined ? undefined : Number(digits);
  return Number.isSafeInteger(version) ? version : undefined;
}

/** An instant that means the same everywhere: epoch milliseconds. */
export function instantIn(text: string): number | undefined {
  try {
    const { moment } = parseTableRef(`t@${text.trim()}`);
    const isZoned = /[T ].*(?:Z|[+-]\d{2}:?\d{2})$/i.test(text.trim());
    return moment.kind === 'instant' && isZoned ? moment.instant : undefined;
  } catch (error) {
    if (isLineageError(error, 'REF_INVALID')) return;
    throw error;
  }
}

export function isLocal(text: string): boolean {
  return /^file:/i.test(text) || !/^[a-z][a-z0-9+.-]+:/i.test(text);
}

/** A file that is none of a table's: `data/train.csv`. */
export function isOtherFile(text: string): boolean {
  const suffix = /\.([a-z][a-z0-9]{0,4})$/i.exec(/[^\\/]*$/.exec(text)?.[0] ?? '')?.[1];
  return /[\\/]/.test(text) && suffix !== undefined && !/^(?:parquet|delta)$/i.test(suffix);
}

import { LineageError } from '../base/errors.ts';

/** Which version of a table is meant: a number, an instant (epoch milliseconds), or the latest. */
export type Moment =
  | { readonly kind: 'latest' }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'instant'; readonly instant: number };

/** A table as the user names it, without the moment. */
export type TableName =
  | { readonly kind: 'name'; readonly parts: readonly string[]; readonly text: string }
  | { readonly kind: 'location'; readonly text: string };

export interface TableRef {
  readonly table: TableName;
  readonly moment: Moment;
}

/**
 * Reads `schema.table`, `catalog.schema.table` or a location, with `@v47` or `@2026-01-31T00:00:00Z` behind it or not. A location may
 * also stand in backquotes behind `delta.`, as in Spark's SQL.
 * A date alone is its midnight UTC. An `@` that no moment follows belongs to a location (`/home/me@work/t`); in a name it stands between
 * backquotes.
 *
 * @throws LineageError REF_INVALID
 */
export function parseTableRef(text: string): TableRef {
  const at = text.lastIndexOf('@');
  const behind = text.slice(at + 1);
  const isMomentMeant =
    at >= 0 &&
    !/[\\/`]/.test(behind) &&
    (!isLocation(text.slice(0, at)) || /^(v?[-+]?\d|latest$|v$|$)/i.test(behind));
  if (!isMomentMeant) return { table: parseTableName(text), moment: { kind: 'latest' } };
  return {
    table: parseTableName(text.slice(0, at), text),
    moment: parseMoment(behind, text),
  };
}

/** @throws LineageError REF_INVALID when it is neither a name of one to three parts nor a location */
export function parseTableName(text: string, whole = text): TableName {
  if (text.trim() === '') throw invalid(whole, 'it names no table');
  const path = pathInSql(text);
  if (path !== undefined) return { kind: 'location', text: path };
  if (isLocation(text)) return { kind: 'location', text };
  const parts = [...text.matchAll(/`((?:[^`]|``)+)`|([^.`@]+)|(\.)|(.)/gsu)];
  const names: string[] = [];
  let isNameNext = true;
  for (const [, quoted, plain, dot] of parts) {
    const name = quoted?.replaceAll('``', '`') ?? plain;
    if (isNameNext ? name === undefined : dot === undefined) {
      throw invalid(whole, 'a part of the name is empty or wrongly quoted');
    }
    if (name !== undefined) names.push(name);
    isNameNext = !isNameNext;
  }
  if (isNameNext) throw invalid(whole, 'a part of the name is empty or wrongly quoted');
  if (names.length > 3)
    throw invalid(whole, `a name has at most three parts, this one ${names.length}`);
  return { kind: 'name', parts: names, text };
}

/** A name written out, so that reading it again gives the same parts. */
export function formatTableName(parts: readonly string[]): string {
  return parts
    .map((part) => (/^[^.`@]+$/.test(part) ? part : `\`${part.replaceAll('`', '``')}\``))
    .join('.');
}

/** The reference written out, so that reading it again gives the same. */
export function formatTableRef(table: string, version: number): string {
  return `${table}@v${version}`;
}

function parseMoment(text: string, whole: string): Moment {
  if (/^v\d+$/i.test(text)) {
    const version = Number(text.slice(1));
    if (Number.isSafeInteger(version)) return { kind: 'version', version };
    throw invalid(whole, 'no table has that many versions');
  }
  if (/^v?-\d+$/i.test(text)) throw invalid(whole, 'a version is 0 or above');
  if (/^\d+$/.test(text)) throw invalid(whole, `a version is written @v${text}`);
  if (/^latest$/i.test(text)) throw invalid(whole, 'for the latest version leave the moment out');
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)([Zz]|[+-]\d{2}:?\d{2})?)?$/.exec(
      text,
    ) ?? [];
  if (date === undefined) {
    throw invalid(
      whole,
      `'${text}' is neither a version like v47 nor an instant like 2026-01-31T00:00:00Z`,
    );
  }
  if (time !== undefined && zone === undefined) {
    throw invalid(whole, 'the instant has no time zone: write Z behind it for UTC');
  }
  const instant = Date.parse(time === undefined ? date : `${date}T${time}${zone?.toUpperCase()}`);
  if (Number.isNaN(instant) || !isOnCalendar(date))
    throw invalid(whole, `there is no ${text} on the calendar`);
  return { kind: 'instant', instant };
}

/** `Date.parse` takes 30 February for 2 March. */
function isOnCalendar(date: string): boolean {
  const midnight = Date.parse(date);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}

/** The location in ``delta.`/tables/t` ``, as Spark's SQL names a table by its path. */
function pathInSql(text: string): string | undefined {
  const path = /^\s*delta\.`((?:[^`]|``)+)`\s*$/i.exec(text)?.[1]?.replaceAll('``', '`');
  return path !== undefined && isLocation(path) ? path : undefined;
}

function isLocation(text: string): boolean {
  return /^\.{1,2}$|[\\/]|^file:|^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function invalid(text: string, problem: string) {
  return new LineageError('REF_INVALID', { text, problem });
}

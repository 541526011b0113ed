import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import { parseWire } from '../../base/wire.ts';
import { holds, type StructType } from '../schema.ts';
import { quoteText } from './quote.ts';
import type { DuckdbSession } from './session.ts';

/**
 * Checks that a filter is one SQL condition that gives the same answer for the same row whenever it is asked: no subquery, no other
 * statement behind it, no clock, no randomness. A filter can come from somebody else's stamp, so nothing else may run.
 *
 * @throws LineageError FILTER_INVALID
 */
export async function checkFilter(
  session: DuckdbSession,
  filter: string,
  { fields }: StructType,
): Promise<void> {
  const invalid = (problem: string) => new LineageError('FILTER_INVALID', { filter, problem });
  const parse = async (text: string) => {
    const [[json] = []] = await session.rows('SELECT json_serialize_sql($1::VARCHAR)', [text]);
    let tree: unknown;
    try {
      tree = JSON.parse(String(json));
    } catch (error) {
      // DuckDB writes it as `Infinity`, which is no JSON.
      if (error instanceof SyntaxError) throw invalid('it holds a number that is too large.');
      throw error;
    }
    const parsed = parseWire(serialized, tree, 'json_serialize_sql');
    const [statement, ...others] = parsed.statements;
    const expression = statement && others.length === 0 && onlyExpression(statement.node);
    return { error: parsed.error_message?.trim(), expression };
  };
  const { error, expression: condition } = await parse(`SELECT (\n${filter}\n)`);
  if (error !== undefined) throw invalid(`${error}.`);
  // In brackets of another kind as well: then no bracket of its own can have closed ours.
  const { expression: list } = await parse(`SELECT [\n${filter}\n]`);
  const items = isObject(list) ? list['children'] : undefined;
  if (!condition || !Array.isArray(items) || items.length !== 1) {
    throw invalid('it is more than one condition.');
  }

  const columns = fields.map(({ name }) => name);
  const variants = fields.filter(({ type }) => holds(type, 'variant'));
  const chars = fields.filter(
    ({ type }) => type.kind === 'primitive' && type.charLength !== undefined,
  );
  const functions = new Set<string>();
  const trimmed = new Set<unknown>();
  for (const node of nodesOf(condition)) {
    const what = refusedClasses[String(node['class'])];
    if (what !== undefined) throw invalid(`it holds ${what}.`);
    const variant = variants.find(({ name }) => refersTo(node, name));
    if (variant !== undefined) throw invalid(`it asks for ${variant.name}, which is a variant.`);
    const char = chars.find(({ name }) => refersTo(node, name));
    if (char !== undefined && !trimmed.has(node)) {
      // Spark fills up what it compares a CHAR with, and DuckDB does not.
      throw invalid(`${char.name} is a CHAR, filled up with spaces: ask for rtrim(${char.name}).`);
    }
    const clock = clockIn(node, columns);
    if (clock !== undefined) throw invalid(varies([clock]));
    if (node['class'] !== 'FUNCTION') continue;
    const name = String(node['function_name']).toLowerCase();
    functions.add(name);
    const [child, ...others] = Array.isArray(node['children']) ? node['children'] : [];
    if (['rtrim', 'trim'].includes(name) && others.length === 0) trimmed.add(child);
  }
  const refused = await functionsThatVary(session, [...functions]);
  if (refused.length > 0) throw invalid(varies(refused.map((name) => `${name}()`)));
}

function varies(names: readonly string[]): string {
  return `the answer of ${names.join(', ')} is not a matter of the row alone.`;
}

const serialized = z.object({
  error: z.boolean(),
  error_message: z.string().optional(),
  statements: z.array(z.object({ node: z.record(z.string(), z.unknown()) })).default([]),
});

const refusedClasses: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: 'a star',
  PARAMETER: 'a parameter',
  DEFAULT: 'DEFAULT',
};

/** Source: DuckDB 1.5, `GetSQLValueFunctionName`: without brackets, these are functions where no column has the name. */
const words: readonly string[] = [
  'current_catalog',
  'current_date',
  'current_schema',
  'current_role',
  'current_time',
  'current_timestamp',
  'current_user',
  'localtime',
  'localtimestamp',
  'session_user',
  'user',
];

function refersTo(
  { class: kind, column_names: names }: Readonly<Record<string, unknown>>,
  column: string,
) {
  if (kind !== 'COLUMN_REF' || !Array.isArray(names)) return false;
  return names.some((name) => String(name).toLowerCase() === column.toLowerCase());
}

/** What in a piece of the filter asks for the time or the session, though it looks like a column, or like a function that does not. */
function clockIn(
  node: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): string | undefined {
  const { class: kind, column_names: names, function_name: called, children } = node;
  if (kind === 'COLUMN_REF' && Array.isArray(names) && names.length === 1) {
    const name = String(names[0]).toLowerCase();
    const isColumn = columns.some((column) => column.toLowerCase() === name);
    return words.includes(name) && !isColumn ? name : undefined;
  }
  const isAge = kind === 'FUNCTION' && String(called).toLowerCase() === 'age';
  // Of one date, it counts from today.
  return isAge && Array.isArray(children) && children.length === 1
    ? 'age() of one date'
    : undefined;
}

/** Of `SELECT (filter)` only the one expression may be there. */
function onlyExpression(node: Readonly<Record<string, unknown>>): unknown {
  const isEmpty = (value: unknown) =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  const list = node['select_list'];
  const from = node['from_table'];
  const isPlain =
    node['type'] === 'SELECT_NODE' &&
    isObject(from) &&
    from['type'] === 'EMPTY' &&
    ['modifiers', 'where_clause', 'group_expressions', 'having', 'qualify', 'sample'].every((key) =>
      isEmpty(node[key]),
    );
  return isPlain && Array.isArray(list) && list.length === 1 ? list[0] : undefined;
}

function* nodesOf(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesOf(item);
  } else if (isObject(value)) {
    yield value;
    for (const item of Object.values(value)) yield* nodesOf(item);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Macros have no stability of their own; these are known to be expressions over their arguments. */
const plainMacros =
  "function_name SIMILAR TO '(list_|array_|json|map_contains_).*' OR function_name IN ('nullif', 'split_part', 'fmod', 'fdiv', 'date_add', 'days_in_month', 'round_even', 'roundbankers')";

/** DuckDB 1.5 says of these that they are always the same. */
const markedWrongly: readonly string[] = [
  'current_localtime',
  'current_localtimestamp',
  'current_setting',
  'getvariable',
  'version',
];

async function functionsThatVary(
  session: DuckdbSession,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await session.rows(
    `SELECT DISTINCT function_name FROM duckdb_functions()
     WHERE list_contains(CAST($1::JSON AS VARCHAR[]), function_name)
       AND (function_name IN (${markedWrongly.map(quoteText).join(', ')})
         OR CASE function_type WHEN 'scalar' THEN stability <> 'CONSISTENT' WHEN 'macro' THEN NOT (${plainMacros}) ELSE false END)
     ORDER BY 1`,
    [JSON.stringify(names)],
  );
  return rows.map(([name]) => String(name));
}

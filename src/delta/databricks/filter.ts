import { LineageError } from '../../base/errors.ts';
import type { DeltaType, StructType } from '../schema.ts';

/**
 * Checks a filter before it becomes part of a statement: one condition over the table's columns, made of what means the same to Spark and
 * to DuckDB, since a stamp does not say for which of them it was written. What is not known to be so is refused.
 *
 * @throws LineageError FILTER_INVALID
 */
export function checkFilter(filter: string, schema: StructType): void {
  const invalid = (problem: string) => new LineageError('FILTER_INVALID', { filter, problem });
  const tokens = tokensOf(filter, invalid);
  let depth = 0;
  for (const [index, { kind, text }] of tokens.entries()) {
    const next = tokens[index + 1];
    const before = tokens[index - 1];
    if (text === '(') depth++;
    if (text === ')' && --depth < 0) throw invalid('a bracket closes that was not opened.');
    if (kind === 'name' && before?.text !== '.') checkName(text, schema, invalid);
    if (kind !== 'word' || before?.text === '.') continue;
    const word = text.toLowerCase();
    if (next?.text === '(' && !operators.has(word)) {
      if (!functions.has(word))
        throw invalid(`${text}() is not known to mean the same everywhere.`);
    } else if ((word === 'date' || word === 'timestamp') && next?.kind === 'text') {
      // DATE '2026-01-31'
    } else if (!operators.has(word) || columnOf(text, schema) !== undefined) {
      if (refusedWords.has(word)) throw invalid(`${text} stands where a condition can't have it.`);
      checkName(text, schema, invalid);
    }
  }
  if (depth !== 0) throw invalid('a bracket is not closed.');
  if (tokens.length === 0) throw invalid('it is empty.');
}

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  readonly text: string;
}

function tokensOf(filter: string, invalid: (problem: string) => LineageError): readonly Token[] {
  const tokens: Token[] = [];
  const one =
    /\s+|('(?:[^'\\]|'')*')|`((?:[^`]|``)+)`|(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\p{L}\p{N}_]))|([\p{L}_][\p{L}\p{N}_]*)|(--|\/\*|<>|!=|<=|>=|==|\|\||[-=<>+*/%(),.])/uy;
  for (let at = 0; at < filter.length; at = one.lastIndex) {
    one.lastIndex = at;
    const match = one.exec(filter);
    if (match === null) {
      const rest = filter.slice(at, at + 10);
      if (rest.startsWith('"')) {
        throw invalid(
          'what stands in " is a name to DuckDB and text to Spark: write names in backquotes and text in single quotes.',
        );
      }
      if (rest.startsWith("'"))
        throw invalid('text that holds a backslash, or does not end, is read otherwise by others.');
      throw invalid(`'${rest}' is not known to mean the same everywhere.`);
    }
    const [, text, name, number, word, sign] = match;
    if (sign === '--' || sign === '/*') throw invalid('it holds a comment.');
    if (text !== undefined) tokens.push({ kind: 'text', text });
    if (name !== undefined) tokens.push({ kind: 'name', text: name.replaceAll('``', '`') });
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

function checkName(
  name: string,
  schema: StructType,
  invalid: (problem: string) => LineageError,
): void {
  const column = columnOf(name, schema);
  if (column === undefined)
    throw invalid(`the table has no column ${name}, and no such word is known.`);
  if (isFloat(column.type)) {
    throw invalid(`engines compare the FLOAT column ${name} with numbers in different ways.`);
  }
}

function columnOf(name: string, { fields }: StructType) {
  return fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
}

function isFloat(type: DeltaType): boolean {
  return type.kind === 'primitive' && type.name === 'float';
}

/** Words of a condition. */
const operators: ReadonlySet<string> = new Set(
  'and or not in is null like ilike between true false case when then else end'.split(' '),
);

/** Never taken for a column without backquotes. */
const refusedWords: ReadonlySet<string> = new Set(
  'select from with values table exists union where group having order limit lateral'.split(' '),
);

/** Functions of one name and one meaning in Spark 4.2 and DuckDB 1.5, that depend on their arguments alone. */
const functions: ReadonlySet<string> = new Set(
  (
    'abs ceil floor sign sqrt exp ln power greatest least coalesce nullif ifnull lower upper trim ltrim rtrim ' +
    'length substr substring left right replace contains instr year month day hour minute quarter isnan md5 mod'
  ).split(' '),
);

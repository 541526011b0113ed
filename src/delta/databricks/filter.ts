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
  const tokens = tokensOf(filter, schema, invalid);
  let depth = 0;
  for (const [index, { kind, text, type }] of tokens.entries()) {
    const next = tokens[index + 1];
    const before = tokens[index - 1];
    if (type !== undefined && isFloat(type)) {
      throw invalid(`engines compare the FLOAT column ${text} with numbers in different ways.`);
    }
    if (text === '(') depth++;
    if (text === ')' && --depth < 0) throw invalid('a bracket closes that was not opened.');
    if (kind === 'sign' && text === '||' && !joinsText(tokens, index)) {
      throw invalid('|| joins what is no text, which engines write out in different ways.');
    }
    if (kind === 'name' && before?.text !== '.') checkName(text, schema, invalid);
    if (kind !== 'word' || before?.text === '.') continue;
    const word = text.toLowerCase();
    if (word === 'like' && (next?.kind !== 'text' || tokens[index + 2]?.text === '||')) {
      throw invalid(
        'a pattern that is no text as it stands may hold a backslash, which is read otherwise by others.',
      );
    }
    if (next?.text === '(' && !operators.has(word)) {
      if (!functions.has(word))
        throw invalid(`${text}() is not known to mean the same everywhere.`);
      checkArguments(word, argumentsAt(tokens, index + 1), invalid);
    } else if ((word === 'date' || word === 'timestamp') && next?.kind === 'text') {
      // DATE '2026-01-31'
    } else if (!operators.has(word) || columnOf(text, schema) !== undefined) {
      if (refusedWords.has(word)) throw invalid(`${text} stands where a condition can't have it.`);
      checkName(text, schema, invalid);
    }
  }
  if (depth !== 0) throw invalid('a bracket is not closed.');
  if (tokens.length === 0) throw invalid('it is empty.');
  const fraction = tokens.find(({ kind, text }) => kind === 'text' && isFraction(text));
  const isDecimal = tokens.some((token, at) => isDecimalAt(tokens, token, at));
  if (fraction !== undefined && isDecimal) {
    throw invalid(`engines compare a DECIMAL with ${fraction.text} in different ways.`);
  }
  if (isDecimal && tokens.some(({ kind, text }) => kind === 'sign' && text === '/')) {
    throw invalid('engines divide DECIMAL values in different ways.');
  }
}

/** Some functions have the same name everywhere and mean the same for some arguments. */
function checkArguments(
  name: string,
  args: readonly (readonly Token[])[],
  invalid: (problem: string) => LineageError,
): void {
  const isCount = (arg: readonly Token[] | undefined, pattern: RegExp) =>
    arg?.length === 1 && arg[0]?.kind === 'number' && pattern.test(arg[0].text);
  const [, start, length] = args;
  const isPart =
    isCount(start, /^0*[1-9]\d*$/) && (length === undefined || isCount(length, /^\d+$/));
  if (parts.has(name) && !isPart) {
    throw invalid(`${name}() is asked for with other numbers than 1, 2, … as they stand.`);
  }
  if (roundings.has(name) && !args.flat().every(isExact)) {
    throw invalid(`engines round DOUBLE values that are no number in different ways.`);
  }
}

/** What stands between the commas of the bracket that opens there. */
function argumentsAt(tokens: readonly Token[], open: number): readonly (readonly Token[])[] {
  const args: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(open)) {
    if (token.text === '(' && token.kind === 'sign' && depth++ === 0) continue;
    if (token.text === ')' && token.kind === 'sign' && --depth === 0) break;
    if (token.text === ',' && token.kind === 'sign' && depth === 1) args.push([]);
    else args.at(-1)?.push(token);
  }
  return args;
}

/** What is beside `||` is text or a column of texts, and no part of anything that binds as closely somewhere. */
function joinsText(tokens: readonly Token[], at: number): boolean {
  const isBound = (token: Token | undefined) => /^[-+*/%(]$/.test(token?.text ?? '');
  return (
    isText(tokens[at - 1]) &&
    isText(tokens[at + 1]) &&
    !isBound(tokens[at + 2]) &&
    (tokens[at - 2]?.text === '(' || !isBound(tokens[at - 2]))
  );
}

function isText(token: Token | undefined): boolean {
  const { kind, type } = token ?? {};
  return kind === 'text' || (type?.kind === 'primitive' && type.name === 'string');
}

/** A DECIMAL that is calculated with: a column, or a number with a point beside a sign. */
function isDecimalAt(tokens: readonly Token[], { kind, text, type }: Token, at: number): boolean {
  if (kind !== 'number') return type?.kind === 'decimal';
  const isSign = (token: Token | undefined) => /^[-+*/%]$/.test(token?.text ?? '');
  return /^[\d.]*\.[\d.]*$/.test(text) && (isSign(tokens[at - 1]) || isSign(tokens[at + 1]));
}

/** Numbers, signs, and columns of whole and decimal numbers. */
function isExact({ kind, text, type }: Token): boolean {
  if (kind === 'number') return !/e/i.test(text);
  if (kind === 'sign') return text !== '.';
  return type?.kind === 'decimal' || (type?.kind === 'primitive' && wholeNumbers.has(type.name));
}

/** A number in text that is not whole, or not written as if. */
function isFraction(text: string): boolean {
  const number = text.slice(1, -1).trim();
  return !/^[-+]?\d+$/.test(number) && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number);
}

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  readonly text: string;
  /** Of a column, or a member of one. */
  readonly type?: DeltaType | undefined;
}

function tokensOf(
  filter: string,
  schema: StructType,
  invalid: (problem: string) => LineageError,
): readonly Token[] {
  const tokens: Token[] = [];
  const typeOf = (name: string) => {
    const owner = tokens.at(-1)?.text === '.' ? tokens.at(-2)?.type : schema;
    return owner?.kind === 'struct' ? columnOf(name, owner)?.type : undefined;
  };
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
    if (name !== undefined) {
      const plain = name.replaceAll('``', '`');
      tokens.push({ kind: 'name', text: plain, type: typeOf(plain) });
    }
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    if (word !== undefined) tokens.push({ kind: 'word', text: word, type: typeOf(word) });
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

function checkName(
  name: string,
  schema: StructType,
  invalid: (problem: string) => LineageError,
): void {
  if (columnOf(name, schema) === undefined)
    throw invalid(`the table has no column ${name}, and no such word is known.`);
}

function columnOf(name: string, { fields }: StructType) {
  return fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
}

function isFloat(type: DeltaType): boolean {
  return type.kind === 'primitive' && type.name === 'float';
}

/** Words of a condition. */
const operators: ReadonlySet<string> = new Set(
  'and or not in is null like between true false case when then else end'.split(' '),
);

/** Never taken for a column without backquotes. */
const refusedWords: ReadonlySet<string> = new Set(
  'select from with values table exists union where group having order limit lateral'.split(' '),
);

/**
 * Functions of one name and one meaning in Spark 4.2 and DuckDB 1.5, that depend on their arguments alone. Not `lower` and `upper`, of
 * some letters, not `trim`, of spaces beyond ASCII, and not `isnan`, of null.
 */
const functions: ReadonlySet<string> = new Set(
  (
    'abs ceil floor sign sqrt exp ln power greatest least coalesce nullif ifnull ' +
    'length substr substring left right replace contains instr year month day hour minute quarter md5 mod'
  ).split(' '),
);

const parts: ReadonlySet<string> = new Set(['left', 'right', 'substr', 'substring']);
const roundings: ReadonlySet<string> = new Set(['ceil', 'floor', 'sign']);
const wholeNumbers: ReadonlySet<string> = new Set(['long', 'integer', 'short', 'byte']);

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import { parseWire } from '../../base/wire.ts';
import { type DeltaField, type DeltaType, primitiveNames, type StructType } from '../schema.ts';
import { quoteName } from './quote.ts';
import type { SqlOptions, SqlSession } from './sql-session.ts';

const wireColumns = z.array(
  z.object({
    col_name: z.string(),
    data_type: z.string(),
    comment: z
      .string()
      .nullish()
      .transform((text) => text ?? undefined),
  }),
);
type Column = z.output<typeof wireColumns>[number];

/**
 * The columns of a query. Types inside of types come out as text in which names stand unquoted and long ones are cut, so each level of
 * nesting is asked for by itself. Whether nulls are allowed is not told.
 *
 * @param query of a SELECT that reads nothing
 * @throws LineageError FEATURE_UNSUPPORTED for a type that asof does not know
 */
export async function describeSchema(
  session: SqlSession,
  table: string,
  query: string,
  options: SqlOptions,
): Promise<StructType> {
  const describe = async (sql: string) =>
    parseWire(wireColumns, await session.query(`DESCRIBE QUERY ${sql}`, options), 'DESCRIBE QUERY');
  const columns = await describe(query);
  const top = columns.map((column) => ({
    path: quoteName(column.col_name),
    text: column.data_type,
  }));
  const types = await typesOf(top, table, query, describe);
  return { kind: 'struct', fields: columns.map((column, index) => fieldOf(column, types[index])) };
}

/** Something of the query's that has a type: how it is reached, and what its type begins with. */
interface Place {
  readonly path: string;
  readonly text: string;
}

async function typesOf(
  places: readonly Place[],
  table: string,
  query: string,
  describe: (sql: string) => Promise<readonly Column[]>,
): Promise<readonly DeltaType[]> {
  const nested = places.filter(({ text }) => isNested(text));
  if (nested.length === 0) return places.map(({ text }) => primitiveType(text, table));

  // Everything one level further in, with a marked column before what belongs to each.
  const inner = nested.flatMap((place) => innerPlaces(place));
  // No column has that name, by accident or on purpose.
  const mark = `asof#${randomBytes(8).toString('hex')}#`;
  const sources = inner.map(({ path }, index) => `${path} AS ${quoteName(`asof_${index}`)}`);
  const wanted = inner.flatMap(({ isMembers }, index) => {
    const name = quoteName(`asof_${index}`);
    return [`1 AS ${quoteName(`${mark}${index}`)}`, isMembers ? `${name}.*` : name];
  });
  const found = await describe(
    `SELECT ${wanted.join(', ')} FROM (SELECT ${sources.join(', ')} FROM (${query}) asof_outer) asof_inner`,
  );
  const groups: Column[][] = inner.map(() => []);
  let at = -1;
  for (const column of found) {
    if (column.col_name === `${mark}${at + 1}`) at++;
    else groups[at]?.push(column);
  }
  const innerColumns = inner.flatMap(({ path, isMembers }, index) =>
    (groups[index] ?? []).map((column) => ({
      column,
      group: index,
      path: isMembers ? `${path}.${quoteName(column.col_name)}` : path,
      text: column.data_type,
    })),
  );
  const innerTypes = await typesOf(innerColumns, table, query, describe);
  const membersOf = (group: number) =>
    innerColumns.flatMap(({ column, group: own }, index) =>
      own === group ? [{ column, type: innerTypes[index] }] : [],
    );

  let group = 0;
  return places.map(({ text }): DeltaType => {
    if (!isNested(text)) return primitiveType(text, table);
    const first = membersOf(group++);
    if (text.startsWith('struct<')) {
      return { kind: 'struct', fields: first.map(({ column, type }) => fieldOf(column, type)) };
    }
    if (text.startsWith('array<')) return { kind: 'array', element: known(first[0]?.type) };
    const values = membersOf(group++);
    return { kind: 'map', key: known(first[0]?.type), value: known(values[0]?.type) };
  });
}

function innerPlaces({ path, text }: Place): readonly { path: string; isMembers: boolean }[] {
  if (text.startsWith('struct<')) return [{ path, isMembers: true }];
  if (text.startsWith('array<')) return [{ path: `${path}[0]`, isMembers: false }];
  return [
    { path: `map_keys(${path})[0]`, isMembers: false },
    { path: `map_values(${path})[0]`, isMembers: false },
  ];
}

function isNested(text: string): boolean {
  return /^(struct|array|map)</.test(text);
}

function fieldOf({ col_name: name, comment }: Column, type: DeltaType | undefined): DeltaField {
  return { name, type: known(type), metadata: comment === undefined ? {} : { comment } };
}

function known(type: DeltaType | undefined): DeltaType {
  if (type === undefined) throw new TypeError('every place has its type');
  return type;
}

const spelling: Readonly<Record<string, string>> = {
  bigint: 'long',
  int: 'integer',
  smallint: 'short',
  tinyint: 'byte',
};

function primitiveType(text: string, table: string): DeltaType {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(text) ?? [];
  if (precision !== undefined && scale !== undefined) {
    return { kind: 'decimal', precision: Number(precision), scale: Number(scale) };
  }
  const wanted = spelling[text] ?? text;
  const name = primitiveNames.find((candidate) => candidate === wanted);
  if (name === undefined || wanted in spelling) {
    throw new LineageError('FEATURE_UNSUPPORTED', { table, features: [`the type ${text}`] });
  }
  return { kind: 'primitive', name };
}

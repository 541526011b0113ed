import { doubt } from '../doubt.ts';
import type { JsonObject } from '../shapes.ts';
import { type Column, readColumn } from './column.ts';
import type { Field, ParquetFile } from './footer.ts';

/** A group of fields, in the rows that have it. */
export interface Records {
  readonly size: number;
  readonly columns: Readonly<Record<string, Values>>;
}

/** Of each row; null where it has none. Undefined where all are null. */
export type Values = readonly unknown[] | undefined;

type Shape = 'text' | 'long' | 'int' | 'boolean' | 'texts' | 'map' | Shapes;

/** Fields, and what is in them. */
export interface Shapes {
  readonly [name: string]: Shape;
}

/** Names of fields. */
export interface Rules {
  /** Those that may be missing. */
  readonly missing: ReadonlySet<string>;
  /** Those that are not wanted. */
  readonly unread: ReadonlySet<string>;
}

/** The records of those rows whose level is as high as their own. */
interface PlacedRecords extends Records {
  readonly levels: Uint8Array;
  readonly definition: number;
}

/**
 * Reads a group of fields. Its rows have it where they have the first of those that are wanted.
 *
 * Source: parquet-format 2.11, "Nested Encoding" and `LogicalTypes.md`, "Lists" and "Maps".
 */
export function readRecords(
  file: ParquetFile,
  { type, converted, repetition, definition, fields }: Field,
  shapes: Shapes,
  rules: Rules,
): PlacedRecords {
  if (type || converted !== undefined || repetition === 'repeated') doubt();
  const names = fields.map(({ name }) => name);
  const wanted = Object.keys(shapes);
  if (names.some((name) => !wanted.includes(name) && !rules.unread.has(name))) doubt();
  if (wanted.some((name) => !names.includes(name) && !rules.missing.has(name))) doubt();
  const key = fields.find(({ name }) => name === wanted[0]) ?? doubt();
  const { definitions, values: keys } = columnOf(file, key, shapes[key.name]);
  if (key.definition > definition && definitions.counts[definition]) doubt();
  const parents = { levels: definitions.entries, definition, size: keys.length };
  const columns: Record<string, Values> = { [key.name]: keys };
  for (const field of fields) {
    if (field === key || rules.unread.has(field.name)) continue;
    const shape = shapes[field.name] as Shape;
    columns[field.name] =
      typeof shape === 'string'
        ? valuesOf(file, field, shape, parents)
        : nested(field, readRecords(file, field, shape, rules), parents);
  }
  return { ...parents, columns };
}

/** Of each record a row. */
export function rowsOf({ size, columns }: Records): readonly JsonObject[] {
  const entries = Object.entries(columns);
  return Array.from({ length: size }, (_, place) =>
    Object.fromEntries(entries.map(([name, values]) => [name, values?.[place]])),
  );
}

type Parents = Omit<PlacedRecords, 'columns'>;

function nested(field: Field, records: PlacedRecords, parents: Parents): Values {
  return spread(records.levels, rowsOf(records), field, parents);
}

function valuesOf(file: ParquetFile, field: Field, shape: Shape, parents: Parents): Values {
  if (shape === 'texts') return lists(file, field, parents);
  if (shape === 'map') return maps(file, field, parents);
  const { definitions, values } = columnOf(file, field, shape);
  return spread(definitions.entries, values, field, parents);
}

/** What is there in each row, with a null where only the parent is. */
function spread(
  levels: Uint8Array,
  values: readonly unknown[],
  { definition }: Field,
  parents: Parents,
): Values {
  if (values.length === 0) return undefined;
  if (levels.length !== parents.levels.length) doubt();
  const isInAll = values.length === parents.size;
  if (isInAll && levels === parents.levels) return values;
  const all: unknown[] = [];
  let next = 0;
  for (let place = 0; place < levels.length; place += 1) {
    const level = levels[place] as number;
    const hasParent = level >= parents.definition;
    if (hasParent !== (parents.levels[place] as number) >= parents.definition) doubt();
    if (hasParent && !isInAll) all.push(level >= definition ? values[next++] : null);
  }
  return isInAll ? values : all;
}

/** ConvertedType. */
const [utf8, map, list, int32, int64] = [0, 1, 3, 17, 18];

const columnTypes = {
  text: { type: 'bytes', converted: utf8 },
  long: { type: 'long', converted: int64 },
  int: { type: 'int', converted: int32 },
  boolean: { type: 'boolean', converted: undefined },
} as const;

/** @param depth how many lists it lies in */
function columnOf(file: ParquetFile, field: Field, shape: Shape | undefined, depth = 0): Column {
  if (shape !== 'text' && shape !== 'long' && shape !== 'int' && shape !== 'boolean') doubt();
  const { type, converted } = columnTypes[shape];
  const isBare = field.converted === undefined && !field.isLogical;
  if (field.converted !== converted && (shape === 'text' || !isBare)) doubt();
  if (field.type !== type || field.depth !== depth || field.repetition === 'repeated') doubt();
  return readColumn(file, field);
}

/** The one repeated group in a list or in a map, with these fields. */
function entryOf(field: Field, converted: number, name: string, names: readonly string[]) {
  const [entry = doubt(), ...others] = field.fields;
  const has = entry.fields.map(({ name }) => name);
  if (field.type || field.converted !== converted || field.repetition === 'repeated') doubt();
  if (entry.name !== name || entry.repetition !== 'repeated' || others.length > 0) doubt();
  if (entry.converted !== undefined || has.join() !== names.join()) doubt();
  return entry;
}

function lists(file: ParquetFile, field: Field, parents: Parents): Values {
  const entry = entryOf(field, list, 'list', ['element']);
  const [element = doubt()] = entry.fields;
  const column = columnOf(file, element, 'text', 1);
  const { definitions, values } = column;
  let next = 0;
  const append = (row: unknown[], place: number) => {
    row.push(definitions.entries[place] === element.definition ? values[next++] : doubt());
  };
  return gathered(column, { field, entry, parents, begin: () => [], append });
}

function maps(file: ParquetFile, field: Field, parents: Parents): Values {
  const entry = entryOf(field, map, 'key_value', ['key', 'value']);
  const [key = doubt(), value = doubt()] = entry.fields;
  const keys = columnOf(file, key, 'text', 1);
  const others = columnOf(file, value, 'text', 1);
  if (!isAlike(keys, others, entry.definition)) doubt();
  const [ofKeys, ofValues] = [keys.definitions.entries, others.definitions.entries];
  let [nextKey, nextValue] = [0, 0];
  const append = (row: Record<string, unknown>, place: number) => {
    const name = keys.values[nextKey++] as string;
    if (ofKeys[place] !== key.definition) doubt();
    // An object with the name 1000 has room for a thousand others.
    if (Object.hasOwn(row, name) || name === '__proto__' || /^\d/.test(name)) doubt();
    const isNull = ofValues[place] !== value.definition;
    row[name] = isNull ? null : others.values[nextValue++];
  };
  return gathered(keys, { field, entry, parents, begin: () => ({}), append });
}

/** Whether both have their entries in the same places. */
function isAlike(one: Column, other: Column, level: number): boolean {
  const [mine, its] = [one.definitions.entries, other.definitions.entries];
  const [myBegins, itsBegins] = [one.repetitions.entries, other.repetitions.entries];
  if (mine === its && myBegins === itsBegins) return true;
  if (mine.length !== its.length) return false;
  for (let place = 0; place < mine.length; place += 1) {
    const own = mine[place] as number;
    const other = its[place] as number;
    if (own !== other && (own < level || other < level)) return false;
    if (myBegins[place] !== itsBegins[place]) return false;
  }
  return true;
}

interface Gathering<T> {
  readonly field: Field;
  readonly entry: Field;
  readonly parents: Parents;
  begin(): T;
  /** @param place of the entry */
  append(row: T, place: number): void;
}

/** Lists or maps, made of their entries. */
function gathered<T>(
  { definitions: { entries, counts }, repetitions }: Column,
  { field, entry, parents, begin, append }: Gathering<T>,
): Values {
  if (counts.length <= field.definition) return undefined;
  if (counts.length <= entry.definition && entries === parents.levels) {
    // All are empty.
    if (repetitions.counts.length > 1) doubt();
    return Array.from({ length: parents.size }, begin);
  }
  const all: (T | null)[] = [];
  let [row, goesOn, rows] = [null as T | null, false, 0];
  for (let place = 0; place < entries.length; place += 1) {
    const level = entries[place] as number;
    const isThere = level >= entry.definition;
    if (repetitions.entries[place] === 0) {
      const hasParent = level >= parents.definition;
      if (hasParent !== (parents.levels[rows] as number) >= parents.definition) doubt();
      row = level >= field.definition ? begin() : null;
      if (hasParent) all.push(row);
      rows += 1;
    } else if (!goesOn || !isThere) doubt();
    if (isThere && row !== null) append(row, place);
    goesOn = isThere;
  }
  return rows === parents.levels.length ? all : doubt();
}

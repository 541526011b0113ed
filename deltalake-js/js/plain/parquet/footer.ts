import { doubt } from '../doubt.ts';
import type { KnownLevels } from './levels.ts';
import { type Fields, readerAt, readStruct } from './thrift.ts';
import { latin1, type PhysicalType } from './values.ts';

/** A file, with what its footer says. */
export interface ParquetFile {
  readonly bytes: Uint8Array;
  readonly fields: readonly Field[];
  readonly known: KnownLevels;
}

/** A field of a file's schema, with what it holds. */
export interface Field {
  readonly name: string;
  /** Of a column; undefined for a group. */
  readonly type: PhysicalType | undefined;
  /** ConvertedType; undefined for none. */
  readonly converted: number | undefined;
  /** Whether a LogicalType is told, too. */
  readonly isLogical: boolean;
  readonly repetition: 'required' | 'optional' | 'repeated';
  /** The level at which it is there. */
  readonly definition: number;
  /** How many of the fields that it lies in, itself included, are repeated. */
  readonly depth: number;
  readonly fields: readonly Field[];
  /** Of a column: one for each row group. */
  readonly chunks: Chunk[];
}

/** A column of a row group. */
export interface Chunk {
  /** Bytes of the file. */
  readonly start: number;
  readonly end: number;
  readonly isCompressed: boolean;
  /** With nulls, and with what stands for an empty list. */
  readonly entries: number;
  /** Whether its statistics say that all of them are null: the kernel believes them. */
  readonly isEmpty: boolean;
}

const types: readonly (PhysicalType | undefined)[] = [
  'boolean',
  'int',
  'long',
  undefined,
  undefined,
  undefined,
  'bytes',
];
const repetitions = ['required', 'optional', 'repeated'] as const;

/** Not compressed, and Snappy. */
const codecs = [0, 1];

/** Of a file. With more, the kernel takes less time. */
const mostRows = 2 ** 15;

/** Of a column. */
export const mostEntries = 2 ** 18;

const deepest = 20;

/**
 * Reads the footer of a Parquet file.
 *
 * Source: parquet-format 2.11, `parquet.thrift`.
 */
export function openParquet(bytes: Uint8Array): ParquetFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 8;
  if (view.getUint32(0) !== magic || view.getUint32(end + 4) !== magic) doubt();
  const start = end - view.getUint32(end, true);
  if (start < 4) doubt();
  const reader = readerAt(bytes, start);
  const footer = readStruct(reader);
  const isEncrypted = footer[8] !== undefined;
  if (reader.offset !== end || isEncrypted) doubt();
  const elements = structs(footer[2]).values();
  const columns: ColumnField[] = [];
  const root = elements.next().value ?? doubt();
  const fields = fieldsOf(root, { definition: 0, depth: 0, names: [] }, { elements, columns });
  if (!elements.next().done) doubt();
  let [rows, size] = [0, 0];
  for (const group of structs(footer[4])) {
    rows += count(group[3]);
    const chunks = structs(group[1]);
    if (chunks.length !== columns.length) doubt();
    for (const [place, column] of columns.entries()) {
      const chunk = chunkOf(chunks[place] ?? doubt(), column);
      if (column.field.depth === 0 && chunk.entries !== count(group[3])) doubt();
      size += chunk.end - chunk.start;
      column.field.chunks.push(chunk);
    }
  }
  // Row groups that share bytes could have them read for as long as one likes.
  if (size > bytes.length || rows > mostRows || rows !== count(footer[3])) doubt();
  return { bytes, fields, known: new Map() };
}

/** PAR1 */
const magic = 0x50415231;

/** A schema is a list: each group, and then what is in it. */
interface Schema {
  readonly elements: Iterator<Fields>;
  readonly columns: ColumnField[];
}

interface ColumnField {
  readonly field: Field;
  /** Of what it lies in, and its own. */
  readonly names: readonly string[];
}

interface Place {
  readonly definition: number;
  readonly depth: number;
  readonly names: readonly string[];
}

function fieldsOf(group: Fields, place: Place, schema: Schema): readonly Field[] {
  if (place.names.length > deepest) doubt();
  const fields: Field[] = [];
  for (let left = count(group[5]); left > 0; left -= 1) {
    const element: Fields = schema.elements.next().value ?? doubt();
    const name = text(element[4]);
    const repetition = repetitions[count(element[3])] ?? doubt();
    const definition = place.definition + (repetition === 'required' ? 0 : 1);
    const depth = place.depth + (repetition === 'repeated' ? 1 : 0);
    const names = [...place.names, name];
    const isGroup = element[1] === undefined;
    const field: Field = {
      name,
      type: isGroup ? undefined : types[count(element[1])],
      converted: element[6] === undefined ? undefined : count(element[6]),
      isLogical: element[10] !== undefined,
      repetition,
      definition,
      depth,
      fields: isGroup ? fieldsOf(element, { definition, depth, names }, schema) : [],
      chunks: [],
    };
    if (!isGroup) schema.columns.push({ field, names });
    fields.push(field);
  }
  // The kernel minds names that differ in case alone.
  const names = new Set(fields.map(({ name }) => name.toLowerCase()));
  return names.size === fields.length ? fields : doubt();
}

function chunkOf(chunk: Fields, { field, names }: ColumnField): Chunk {
  const isElsewhere = chunk[1] !== undefined || chunk[8] !== undefined;
  const column = struct(chunk[3]);
  if (isElsewhere || types[count(column[1])] !== field.type) doubt();
  if (list(column[3]).map(text).join() !== names.join()) doubt();
  const codec = count(column[4]);
  if (!codecs.includes(codec)) doubt();
  const start = count(column[11] ?? column[9]);
  const end = start + count(column[7]);
  const entries = count(column[5]);
  const nulls = column[12] === undefined ? undefined : struct(column[12])[3];
  return { start, end, isCompressed: codec === 1, entries, isEmpty: nulls === entries };
}

export function struct(value: unknown): Fields {
  return Array.isArray(value) ? value : doubt();
}

function structs(value: unknown): readonly Fields[] {
  return list(value).map(struct);
}

function list(value: unknown): readonly unknown[] {
  const isList = typeof value === 'object' && value !== null && 'values' in value;
  return isList && Array.isArray(value.values) ? value.values : doubt();
}

/** A whole number from 0 on. */
export function count(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : doubt();
}

/** The names of a checkpoint are ASCII. */
function text(value: unknown): string {
  return value instanceof Uint8Array ? latin1(value) : doubt();
}

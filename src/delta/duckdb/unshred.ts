import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api';
import { itemIn, type StoredElement } from './file-shapes.ts';
import { entryOf, itemOf } from './misfit.ts';
import { Bytes, damaged, namesIn, partsOf, sizeAt } from './variant-bytes.ts';

/** A variant as its two pieces of bytes. */
export interface VariantBytes {
  readonly metadata: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * The variant that a file has taken apart into columns. Source: Parquet format, "Variant Shredding".
 *
 * @param group `metadata`, `value` and `typed_value` of one variant
 * @param type of the group
 * @param stored as its file has it: DuckDB gives members of an object other names where these differ by their case only
 * @throws Error `variant value: …` when the columns contradict one another
 */
export function unshred(
  group: DuckDBStructValue,
  type: DuckDBType,
  stored: StoredElement,
): VariantBytes {
  const metadata = bytesOf(group.entries['metadata']);
  if (metadata === undefined) throw damaged('it has no metadata');
  const value = put(group, type, stored, new Names(metadata)) ?? nullValue;
  return { metadata, value };
}

const nullValue = Buffer.from([0]);

/** Undefined for an object's member that is not there. */
function put(
  group: DuckDBStructValue,
  type: DuckDBType,
  stored: StoredElement,
  names: Names,
): Buffer | undefined {
  const rest = bytesOf(group.entries['value']);
  const typed = group.entries['typed_value'];
  const typedType = entryOf(type, 'typed_value');
  const typedStored = stored.inner.find(({ name }) => name === 'typed_value');
  if (typed === undefined || typed === null || !typedType || !typedStored) return rest;
  return putTyped(typed, typedType, typedStored, rest, names);
}

function putTyped(
  typed: DuckDBValue,
  type: DuckDBType,
  stored: StoredElement,
  rest: Buffer | undefined,
  names: Names,
): Buffer {
  if ('entryNames' in type) return object(typed as DuckDBStructValue, type, stored, rest, names);
  if (rest !== undefined) throw damaged('it is two values at once');
  const item = itemOf(type);
  if (item === undefined) return scalar(typed, type);
  const items = (typed as DuckDBListValue).items.map(
    (one) => putItem(one, item, stored, names) ?? nullValue,
  );
  return container(3, items, undefined);
}

function putItem(
  value: DuckDBValue,
  type: DuckDBType,
  list: StoredElement,
  names: Names,
): Buffer | undefined {
  const stored = itemIn(list);
  if (stored === undefined) throw damaged('it is an array of nothing');
  // Spark's legacy format has no level of its own between a list and its items, and DuckDB 1.5 takes an item of one column for that level.
  const isBare = stored !== list.inner[0] && /^(typed_)?value$/.test(stored.name);
  if (!isBare) return put(value as DuckDBStructValue, type, stored, names);
  if (value === null) return;
  return stored.name === 'value' ? bytesOf(value) : putTyped(value, type, stored, undefined, names);
}

function object(
  typed: DuckDBStructValue,
  type: DuckDBStructType,
  stored: StoredElement,
  rest: Buffer | undefined,
  names: Names,
): Buffer {
  const members = new Map<string, Buffer>();
  for (const [place, member] of stored.inner.entries()) {
    const inside = type.entryTypes[place];
    const group = typed.entries[type.entryNames[place] ?? ''] as DuckDBStructValue | null;
    const value = inside && group ? put(group, inside, member, names) : undefined;
    if (value !== undefined) members.set(member.name, value);
  }
  if (rest !== undefined) {
    const bytes = new Bytes(rest);
    if ((bytes.byte(0) & 3) !== 2) throw damaged('it is an object and something else at once');
    for (const { id, at } of partsOf(bytes, 0).parts) {
      const name = names.of(id);
      if (members.has(name)) throw damaged(`it has the key ${name} twice`);
      members.set(name, bytes.slice(at, sizeAt(bytes, at)));
    }
  }
  // As Spark has them: by UTF-16.
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  return container(
    2,
    sorted.map(([, value]) => value),
    sorted.map(([name]) => names.idOf(name)),
  );
}

/** @param ids of an object's names; undefined for an array */
function container(basic: 2 | 3, values: readonly Buffer[], ids: readonly number[] | undefined) {
  const size = values.reduce((sum, value) => sum + value.length, 0);
  const offsetWidth = widthOf(size);
  const idWidth = widthOf((ids ?? []).reduce((most, id) => Math.max(most, id), 0));
  const isLarge = values.length > 255;
  const large = isLarge ? 1 : 0;
  const kind = ids
    ? (large << 4) | ((idWidth - 1) << 2) | (offsetWidth - 1)
    : (large << 2) | (offsetWidth - 1);
  const parts = [Buffer.from([(kind << 2) | basic]), unsigned(values.length, isLarge ? 4 : 1)];
  for (const id of ids ?? []) parts.push(unsigned(id, idWidth));
  let offset = 0;
  for (const value of values) {
    parts.push(unsigned(offset, offsetWidth));
    offset += value.length;
  }
  parts.push(unsigned(offset, offsetWidth));
  return Buffer.concat([...parts, ...values]);
}

function scalar(value: DuckDBValue, type: DuckDBType): Buffer {
  if ('scale' in type) {
    const { scale, value: unscaled } = value as DuckDBDecimalValue;
    const [kind, width] = type.width <= 9 ? [8, 4] : type.width <= 18 ? [9, 8] : [10, 16];
    return primitive(kind, Buffer.from([scale]), signed(unscaled, width));
  }
  switch (String(type)) {
    case 'BOOLEAN':
      return primitive(value === true ? 1 : 2);
    case 'TINYINT':
      return primitive(3, signed(BigInt(value as number), 1));
    case 'SMALLINT':
      return primitive(4, signed(BigInt(value as number), 2));
    case 'INTEGER':
      return primitive(5, signed(BigInt(value as number), 4));
    case 'BIGINT':
      return primitive(6, signed(value as bigint, 8));
    case 'DOUBLE': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value as number);
      return primitive(7, bytes);
    }
    case 'FLOAT': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value as number);
      return primitive(14, bytes);
    }
    case 'DATE':
      return primitive(11, signed(BigInt((value as DuckDBDateValue).days), 4));
    case 'TIMESTAMP WITH TIME ZONE':
      return primitive(12, signed((value as DuckDBTimestampTZValue).micros, 8));
    case 'TIMESTAMP':
      return primitive(13, signed((value as DuckDBTimestampTZValue).micros, 8));
    case 'BLOB':
      return sized(15, Buffer.from((value as DuckDBBlobValue).bytes));
    case 'VARCHAR':
      return text(value as string);
    default:
      throw damaged(`it is taken apart into the unknown type ${type}`);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > 63) return sized(16, bytes);
  return Buffer.concat([Buffer.from([(bytes.length << 2) | 1]), bytes]);
}

function sized(kind: number, bytes: Buffer): Buffer {
  return primitive(kind, unsigned(bytes.length, 4), bytes);
}

function primitive(kind: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([kind << 2]), ...parts]);
}

function widthOf(number: number): number {
  return number < 0x100 ? 1 : number < 0x1_0000 ? 2 : number < 0x100_0000 ? 3 : 4;
}

function unsigned(number: number, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntLE(number, 0, width);
  return bytes;
}

function signed(number: bigint, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  let rest = BigInt.asUintN(width * 8, number);
  for (let index = 0; index < width; index++) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function bytesOf(value: DuckDBValue | undefined): Buffer | undefined {
  if (value === null || value === undefined) return;
  const { bytes } = value as DuckDBBlobValue;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The names of a variant's metadata, both ways. */
class Names {
  readonly of: (id: number) => string;
  readonly #count: number;
  #ids: ReadonlyMap<string, number> | undefined;

  constructor(metadata: Buffer) {
    const { nameOf, count } = namesIn(new Bytes(metadata));
    this.of = nameOf;
    this.#count = count;
  }

  idOf(name: string): number {
    this.#ids ??= new Map(Array.from({ length: this.#count }, (_, id) => [this.of(id), id]));
    const id = this.#ids.get(name);
    if (id === undefined) throw damaged(`its metadata lacks the key ${name}`);
    return id;
  }
}

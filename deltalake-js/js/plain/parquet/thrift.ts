import { doubt } from '../doubt.ts';

/** A struct: what it has, at the ids of its fields. */
export type Fields = readonly (Value | undefined)[];
type Value = number | boolean | Uint8Array | List | Fields;

export interface List {
  readonly values: readonly Value[];
}

const [stop, isTrue, isFalse, byte, i16, i32, i64, double, binary, list, struct] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12,
];

export interface Reader {
  readonly bytes: Uint8Array;
  /** Where the next thing begins. */
  offset: number;
  /** How many values may still come: each takes many times its bytes. */
  left: number;
}

export function readerAt(bytes: Uint8Array, offset: number): Reader {
  return { bytes, offset, left: mostValues };
}

const mostValues = 2 ** 16;

/**
 * Reads a struct of Thrift's compact protocol, as far as Parquet uses it.
 *
 * Source: Apache Thrift, "Thrift Compact protocol encoding".
 */
export function readStruct(reader: Reader): Fields {
  const fields: Value[] = [];
  let id = 0;
  for (;;) {
    const header = readByte(reader);
    if (header === stop) return fields;
    const step = header >> 4;
    id = step === 0 ? readInteger(reader) : id + step;
    if (id < 0 || id > mostFields) doubt();
    const type = header & 15;
    fields[id] = type === isTrue || type === isFalse ? type === isTrue : readValue(reader, type);
  }
}

const mostFields = 30;

function readValue(reader: Reader, type: number): Value {
  reader.left -= 1;
  if (reader.left < 0) doubt();
  switch (type) {
    case isTrue:
    case isFalse:
    case byte:
      return readByte(reader);
    case i16:
    case i32:
    case i64:
      return readInteger(reader);
    case double:
      reader.offset += 8;
      return Number.NaN;
    case binary:
      return readBinary(reader);
    case list:
      return readList(reader);
    case struct:
      return readStruct(reader);
    default:
      return doubt();
  }
}

function readList(reader: Reader): List {
  const header = readByte(reader);
  const length = header >> 4 === 15 ? readVarint(reader) : header >> 4;
  const values: Value[] = [];
  for (let place = 0; place < length; place += 1) values.push(readValue(reader, header & 15));
  return { values };
}

function readBinary(reader: Reader): Uint8Array {
  const length = readVarint(reader);
  const start = reader.offset;
  reader.offset += length;
  if (reader.offset > reader.bytes.length) doubt();
  return reader.bytes.subarray(start, reader.offset);
}

function readInteger(reader: Reader): number {
  const zigzag = readVarint(reader);
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

function readVarint(reader: Reader): number {
  let next = readByte(reader);
  let value = next & 127;
  for (let scale = 128; next > 127; scale *= 128) {
    next = readByte(reader);
    value += (next & 127) * scale;
    if (value >= Number.MAX_SAFE_INTEGER) doubt();
  }
  return value;
}

function readByte(reader: Reader): number {
  const value = reader.bytes[reader.offset];
  reader.offset += 1;
  return value ?? doubt();
}

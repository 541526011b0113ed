// A variant is two pieces of bytes. Source: Parquet format, "Variant Binary Encoding".
//
//     metadata   header  size  offset 0 … offset n  bytes of the names
//     value      header  then by its two lowest bits:
//                0  a primitive, its kind in the other six
//                1  a text, its length in the other six
//                2  an object:  count  ids of the names  offsets  values
//                3  an array:   count  offsets  values

/** The names of a variant's metadata. */
export interface VariantNames {
  readonly count: number;
  readonly nameOf: (id: number) => string;
}

export function namesIn(metadata: Bytes): VariantNames {
  const header = metadata.byte(0);
  if ((header & 0x0f) !== 1) throw damaged(`its metadata is of version ${header & 0x0f}`);
  const width = (header >> 6) + 1;
  const count = metadata.unsigned(1, width);
  const first = 1 + width;
  const start = first + (count + 1) * width;
  const decoded = new Map<number, string>();
  const nameOf = (id: number) => {
    const known = decoded.get(id);
    if (known !== undefined) return known;
    if (id >= count) throw damaged(`it names the key ${id} of ${count}`);
    const from = metadata.unsigned(first + id * width, width);
    const to = metadata.unsigned(first + (id + 1) * width, width);
    const name = metadata.text(start + from, to - from);
    decoded.set(id, name);
    return name;
  };
  return { count, nameOf };
}

/** Where the values of the object or array at a place begin; of an array, ids count from 0. */
export function partsOf(
  bytes: Bytes,
  start: number,
): { readonly parts: readonly VariantPart[]; readonly end: number } {
  const header = bytes.byte(start);
  const kind = header >> 2;
  const isArray = (header & 3) === 3;
  const offsetWidth = (kind & 3) + 1;
  const idWidth = isArray ? 0 : ((kind >> 2) & 3) + 1;
  const isLarge = ((isArray ? kind >> 2 : kind >> 4) & 1) === 1;
  const countWidth = isLarge ? 4 : 1;
  const count = bytes.unsigned(start + 1, countWidth);
  const ids = start + 1 + countWidth;
  const offsets = ids + count * idWidth;
  const values = offsets + (count + 1) * offsetWidth;
  // Before anything is made of a count that may be nonsense.
  bytes.check(values, 0);
  const placeOf = (index: number) =>
    values + bytes.unsigned(offsets + index * offsetWidth, offsetWidth);
  const parts = Array.from({ length: count }, (_, index) => ({
    id: isArray ? index : bytes.unsigned(ids + index * idWidth, idWidth),
    at: placeOf(index),
  }));
  return { parts, end: placeOf(count) };
}

export interface VariantPart {
  readonly id: number;
  readonly at: number;
}

/** How many bytes the value at a place takes. */
export function sizeAt(bytes: Bytes, start: number): number {
  const header = bytes.byte(start);
  const kind = header >> 2;
  if ((header & 3) === 1) return 1 + kind;
  if ((header & 3) === 0) {
    const size = primitiveSizes[kind];
    return size ?? 5 + bytes.unsigned(start + 1, 4);
  }
  // The values need not lie in the order of their offsets; the last offset is where they end.
  return partsOf(bytes, start).end - start;
}

/** With the header; undefined for binary and text, which have their length in front. */
const primitiveSizes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 1,
  3: 2,
  4: 3,
  5: 5,
  6: 9,
  7: 9,
  8: 6,
  9: 10,
  10: 18,
  11: 5,
  12: 9,
  13: 9,
  14: 5,
  17: 9,
  18: 9,
  19: 9,
  20: 17,
};

/** Little-endian bytes that may end too early. */
export class Bytes {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  check(start: number, length: number): void {
    if (length < 0 || start + length > this.#bytes.length) throw damaged('it is cut off');
  }

  slice(start: number, length: number): Buffer {
    this.check(start, length);
    return this.#bytes.subarray(start, start + length);
  }

  view(start: number, length: number): DataView {
    const { buffer, byteOffset } = this.slice(start, length);
    return new DataView(buffer, byteOffset, length);
  }

  byte(start: number): number {
    return this.slice(start, 1).readUInt8();
  }

  unsigned(start: number, width: number): number {
    return this.slice(start, width).readUIntLE(0, width);
  }

  signed(start: number, width: 1 | 2 | 4 | 8 | 16): bigint {
    const bytes = this.slice(start, width);
    let number = 0n;
    for (const byte of bytes.toReversed()) number = (number << 8n) | BigInt(byte);
    return BigInt.asIntN(width * 8, number);
  }

  text(start: number, length: number): string {
    return this.slice(start, length).toString('utf8');
  }
}

export function damaged(problem: string): Error {
  return new Error(`variant value: ${problem}`);
}

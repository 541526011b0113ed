import { doubt } from '../doubt.ts';
import { utf8Text } from '../texts.ts';
/** Those that the columns of a checkpoint have. */
export type PhysicalType = 'boolean' | 'int' | 'long' | 'bytes';

export type Scalar = string | number | boolean;

/** Appends plain values: as many as told, and nothing else is in the bytes. */
export function appendPlain(
  bytes: Uint8Array,
  type: PhysicalType,
  count: number,
  into: Scalar[],
): void {
  const end = appenders[type](bytes, count, into);
  if (end !== bytes.length) doubt();
}

/** Each gives where it ended. */
const appenders = {
  bytes: appendTexts,
  long: appendLongs,
  int: appendInts,
  boolean: appendBooleans,
};

function appendTexts(bytes: Uint8Array, count: number, into: Scalar[]): number {
  // A text of its own for each would take several times as long.
  const all = latin1(bytes);
  const isAllAscii = isAscii(all);
  let end = 0;
  for (let place = 0; place < count; place += 1) {
    const start = end + 4;
    if (start > bytes.length) doubt();
    end = start + littleEndian(bytes, end);
    if (end < start || end > bytes.length) doubt();
    const text = all.slice(start, end);
    into.push(isAllAscii || isAscii(text) ? text : utf8Text(bytes.subarray(start, end)));
  }
  return end;
}

/** Of four bytes. */
function littleEndian(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
  return low | ((bytes[offset + 2] as number) << 16) | ((bytes[offset + 3] as number) << 24);
}

/** A text that has a character for each byte, the same for ASCII. */
export function latin1(bytes: Uint8Array): string {
  if (typeof Buffer === 'undefined') return new TextDecoder('latin1').decode(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function appendLongs(bytes: Uint8Array, count: number, into: Scalar[]): number {
  const end = count * 8;
  if (end > bytes.length) doubt();
  for (let offset = 0; offset < end; offset += 8) {
    const low = littleEndian(bytes, offset) >>> 0;
    const value = littleEndian(bytes, offset + 4) * 2 ** 32 + low;
    into.push(Number.isSafeInteger(value) ? value : doubt());
  }
  return end;
}

function appendInts(bytes: Uint8Array, count: number, into: Scalar[]): number {
  const end = count * 4;
  if (end > bytes.length) doubt();
  for (let offset = 0; offset < end; offset += 4) into.push(littleEndian(bytes, offset));
  return end;
}

function appendBooleans(bytes: Uint8Array, count: number, into: Scalar[]): number {
  for (let place = 0; place < count; place += 1) {
    into.push((((bytes[place >> 3] ?? doubt()) >> (place & 7)) & 1) === 1);
  }
  return Math.ceil(count / 8);
}

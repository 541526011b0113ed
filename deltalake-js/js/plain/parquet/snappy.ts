import { doubt } from '../doubt.ts';

/**
 * Decompresses a block of Snappy that has as many bytes as told.
 *
 * Source: google/snappy, "Snappy compressed format description".
 */
export function decompress(from: Uint8Array, length: number): Uint8Array {
  const into = new Uint8Array(length);
  let [read, written] = [skipLength(from, length), 0];
  while (read < from.length) {
    const tag = from[read] as number;
    read += 1;
    const kind = tag & 3;
    const size = tag >> 2;
    if (kind === 0) {
      const more = Math.max(size - 59, 0);
      const count = (more === 0 ? size : littleEndian(from, read, more)) + 1;
      read += more;
      if (read + count > from.length || written + count > length) doubt();
      into.set(from.subarray(read, read + count), written);
      read += count;
      written += count;
      continue;
    }
    const count = kind === 1 ? (size & 7) + 4 : size + 1;
    const bytes = kind === 3 ? 4 : kind;
    const low = littleEndian(from, read, bytes);
    const back = kind === 1 ? low + ((tag >> 5) << 8) : low;
    read += bytes;
    const start = written - back;
    if (back === 0 || start < 0 || written + count > length) doubt();
    if (back >= count) into.copyWithin(written, start, start + count);
    // It repeats what it is just writing.
    else
      for (let place = 0; place < count; place += 1)
        into[written + place] = into[start + place] as number;
    written += count;
  }
  return written === length ? into : doubt();
}

/** Where the block begins, after its own word of how long it is. */
function skipLength(from: Uint8Array, length: number): number {
  let [told, place] = [0, 0];
  for (let scale = 1; ; scale *= 128) {
    const next = from[place] ?? doubt();
    place += 1;
    told += (next & 127) * scale;
    if (next < 128) return told === length && place <= 5 ? place : doubt();
  }
}

function littleEndian(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let place = count - 1; place >= 0; place -= 1) {
    value = value * 256 + (bytes[offset + place] ?? doubt());
  }
  return value;
}

import { doubt } from '../doubt.ts';

/**
 * Decodes runs of repeated and of bit-packed numbers, until as many are there as there is room for; all of the bytes are theirs.
 *
 * Source: parquet-format 2.11, "Run Length Encoding / Bit-Packing Hybrid".
 * @param width bits of a number
 */
export function decodeRuns(bytes: Uint8Array, width: number, into: Uint8Array | Uint32Array): void {
  if (width > widest) doubt();
  let [read, written] = [0, 0];
  while (written < into.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const next = bytes[read] ?? doubt();
      read += 1;
      header |= (next & 127) << shift;
      if (next < 128) break;
      if (shift > 14) doubt();
    }
    const count = header >> 1;
    if (count === 0) doubt();
    if (header & 1) {
      // The last ones are filled up.
      const end = Math.min(written + count * 8, into.length);
      unpack(bytes, read, width, into.subarray(written, end));
      read += count * width;
      written = end;
    } else {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) {
        value |= (bytes[read] ?? doubt()) << shift;
        read += 1;
      }
      const end = written + count;
      if (value >> width !== 0 || end > into.length) doubt();
      into.fill(value, written, end);
      written = end;
    }
  }
  if (read !== bytes.length) doubt();
}

/** Bits: they are shifted as one number with up to 7 others. */
const widest = 24;

function unpack(
  bytes: Uint8Array,
  start: number,
  width: number,
  into: Uint8Array | Uint32Array,
): void {
  const mask = (1 << width) - 1;
  let [read, held, bits] = [start, 0, 0];
  for (let place = 0; place < into.length; place += 1) {
    for (; held < width; held += 8) {
      bits |= (bytes[read] ?? doubt()) << held;
      read += 1;
    }
    into[place] = bits & mask;
    bits >>>= width;
    held -= width;
  }
}

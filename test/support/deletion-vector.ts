/**
 * A deletion vector as it stands in the log itself. Source: Delta protocol, "Deletion Vector Format":
 *
 *     magic u32 | bitmaps u64 | per bitmap: high u32, then a 32 bit roaring bitmap in its portable form
 *
 * Rows of these tests are below 2^32, so there is one bitmap.
 */
export function inlineVector(rows: readonly number[]) {
  const bitmap = roaring([...rows].sort((a, b) => a - b));
  const head = new DataView(new ArrayBuffer(16));
  head.setUint32(0, 1_681_511_377, true);
  head.setBigUint64(4, 1n, true);
  const bytes = Buffer.concat([Buffer.from(head.buffer), bitmap]);
  return {
    storageType: 'i',
    pathOrInlineDv: z85(bytes),
    sizeInBytes: bytes.length,
    cardinality: rows.length,
  } as const;
}

/** Source: Roaring bitmap format, without run containers. */
function roaring(rows: readonly number[]): Buffer {
  const containers = new Map<number, number[]>();
  for (const row of rows) {
    const key = Math.floor(row / 65_536);
    const container = containers.get(key) ?? [];
    containers.set(key, container);
    container.push(row % 65_536);
  }
  const bodies = [...containers.values()].map((values) =>
    values.length <= 4096 ? array(values) : bitset(values),
  );
  const header = Buffer.alloc(8 + 8 * containers.size);
  header.writeUInt32LE(12_346, 0);
  header.writeUInt32LE(containers.size, 4);
  let offset = header.length;
  for (const [index, [key, values]] of [...containers].entries()) {
    header.writeUInt16LE(key, 8 + 4 * index);
    header.writeUInt16LE(values.length - 1, 10 + 4 * index);
    header.writeUInt32LE(offset, 8 + 4 * containers.size + 4 * index);
    offset += bodies[index]?.length ?? 0;
  }
  return Buffer.concat([header, ...bodies]);
}

function array(values: readonly number[]): Buffer {
  return Buffer.from(Uint16Array.from(values).buffer);
}

function bitset(values: readonly number[]): Buffer {
  const bits = Buffer.alloc(8192);
  for (const value of values) bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7));
  return bits;
}

const alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Source: ZeroMQ RFC 32; filled up with zeros to a multiple of four. */
function z85(bytes: Buffer): string {
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  let text = '';
  for (let at = 0; at < padded.length; at += 4) {
    let value = padded.readUInt32BE(at);
    let group = '';
    for (let digit = 0; digit < 5; digit++) {
      group = alphabet.charAt(value % 85) + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}

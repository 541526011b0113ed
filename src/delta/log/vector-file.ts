import type { DeletionVector } from '../snapshot.ts';

const alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

export interface VectorFile {
  /** Relative to the table, or absolute as the log has it. */
  readonly path: string;
  /** The file is at least this long. */
  readonly endsAt: number;
}

/**
 * The file that holds a deletion vector; undefined for one that stands in the log itself, and for a name that is none.
 * Source: Delta protocol, "Deletion Vector Descriptor Schema"; in the file a length comes before the vector and a checksum behind it.
 */
export function vectorFile({
  storageType,
  pathOrInlineDv,
  offset = 0,
  sizeInBytes,
}: DeletionVector): VectorFile | undefined {
  const endsAt = offset + sizeInBytes + 8;
  if (storageType === 'i') return;
  if (storageType === 'p') return { path: pathOrInlineDv, endsAt };
  const [prefix, encoded] = [pathOrInlineDv.slice(0, -20), pathOrInlineDv.slice(-20)];
  const uuid = uuidOf(encoded);
  if (uuid === undefined) return;
  return { path: `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`, endsAt };
}

/** Z85: five characters for four bytes. */
function uuidOf(encoded: string): string | undefined {
  let hex = '';
  for (let at = 0; at < encoded.length; at += 5) {
    let value = 0;
    for (const char of encoded.slice(at, at + 5)) value = value * 85 + alphabet.indexOf(char);
    hex += value.toString(16).padStart(8, '0');
  }
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(hex);
  return parts === null ? undefined : parts.slice(1).join('-');
}

/** A UUID as a deletion vector's descriptor names its file. */
export function encodedUuid(uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  let text = '';
  for (let at = 0; at < 32; at += 8) {
    let value = Number.parseInt(hex.slice(at, at + 8), 16);
    let group = '';
    for (let digit = 0; digit < 5; digit++) {
      group = alphabet.charAt(value % 85) + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}

import { constants } from 'node:fs';
import { appendFile, copyFile, open } from 'node:fs/promises';

// The end of a Parquet file. Source: Parquet format, "File Format"; Thrift, "Compact Protocol".
//
//     … pages …   FileMetaData   length (4 bytes)   PAR1
//
// FileMetaData holds in field 2 the list of columns, each a struct whose field 10, the last, may say "this is a variant".

/** `LogicalType.VARIANT` in parquet.thrift. */
const variantType = 16;

/**
 * Copies a Parquet file so that DuckDB 1.5 gives its variants as the bytes that they are. It would give them as VARIANT where the file says
 * that they are variants, and there a null inside a variant is the same as none.
 *
 * @returns false, and makes no copy, when the file does not say so
 * @throws Error `variant value: …` for what is no Parquet file
 */
export async function copyUnannotated(path: string, target: string): Promise<boolean> {
  const footer = await footerOf(path);
  const cuts = variantAnnotations(footer);
  if (cuts.length === 0) return false;
  const kept: Buffer[] = [];
  let from = 0;
  for (const { start, end } of cuts) {
    kept.push(footer.subarray(from, start));
    from = end;
  }
  kept.push(footer.subarray(from));
  const metadata = Buffer.concat(kept);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  // What the old end was stays in the middle, and nothing points to it.
  await copyFile(path, target, constants.COPYFILE_FICLONE);
  await appendFile(target, Buffer.concat([metadata, length, Buffer.from('PAR1')]));
  return true;
}

async function footerOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(8);
    if (size < 12) throw noParquet(path);
    await file.read(end, 0, 8, size - 8);
    const length = end.readUInt32LE(0);
    if (end.toString('latin1', 4) !== 'PAR1' || length + 12 > size) throw noParquet(path);
    const footer = Buffer.alloc(length);
    await file.read(footer, 0, length, size - 8 - length);
    return footer;
  } finally {
    await file.close();
  }
}

function noParquet(path: string): Error {
  return new Error(`variant value: ${path} is no Parquet file`);
}

interface Cut {
  readonly start: number;
  readonly end: number;
}

/** Where in a footer columns are said to be variants. */
function variantAnnotations(footer: Buffer): readonly Cut[] {
  const reader = new Compact(footer);
  const cuts: Cut[] = [];
  reader.struct((field, type) => {
    if (field !== 2 || type !== listType) return reader.skip(type);
    const { count } = reader.listHeader();
    for (let element = 0; element < count; element++) {
      reader.struct((inner, innerType, start) => {
        if (inner !== 10 || innerType !== structType) return reader.skip(innerType);
        let isVariant = false;
        reader.struct((kind, kindType) => {
          isVariant ||= kind === variantType;
          reader.skip(kindType);
        });
        if (!isVariant) return;
        // The number of a field counts from the one before, so only the last can go.
        if (!reader.isAtStop()) throw new Error('variant value: its file has an unknown footer');
        cuts.push({ start, end: reader.at });
      });
    }
  });
  return cuts;
}

const listType = 9;
const structType = 12;

/** Walks through Thrift's compact protocol. */
class Compact {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @param read reads the field or skips it; `start` is where its header begins */
  struct(read: (field: number, type: number, start: number) => void): void {
    let field = 0;
    for (;;) {
      const start = this.at;
      const header = this.#byte();
      if (header === 0) return;
      const delta = header >> 4;
      field = delta === 0 ? this.#zigzag() : field + delta;
      read(field, header & 0x0f, start);
    }
  }

  isAtStop(): boolean {
    return this.#bytes[this.at] === 0;
  }

  listHeader(): { readonly count: number; readonly type: number } {
    const header = this.#byte();
    const short = header >> 4;
    return { count: short === 15 ? this.#varint() : short, type: header & 0x0f };
  }

  skip(type: number): void {
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        this.at += 1;
        return;
      case 4:
      case 5:
      case 6:
        this.#varint();
        return;
      case 7:
        this.at += 8;
        return;
      case 8: {
        const length = this.#varint();
        this.at += length;
        return;
      }
      case listType:
      case 10: {
        const { count, type: item } = this.listHeader();
        for (let index = 0; index < count; index++) this.#skipItem(item);
        return;
      }
      case 11: {
        const count = this.#varint();
        if (count === 0) return;
        const types = this.#byte();
        for (let index = 0; index < count; index++) {
          this.#skipItem(types >> 4);
          this.#skipItem(types & 0x0f);
        }
        return;
      }
      case structType:
        this.struct((_, inner) => this.skip(inner));
        return;
      default:
        throw new Error('variant value: its file has an unknown footer');
    }
  }

  /** In a list a boolean takes a byte; as a field it takes none. */
  #skipItem(type: number): void {
    if (type === 1 || type === 2) this.at += 1;
    else this.skip(type);
    if (this.at > this.#bytes.length) throw new Error('variant value: its footer is cut off');
  }

  #byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new Error('variant value: its footer is cut off');
    this.at += 1;
    return byte;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

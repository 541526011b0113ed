/** A field of a schema: a group, or a column with its pages. */
export interface WrittenField {
  readonly name: string;
  readonly repetition?: 'required' | 'optional' | 'repeated';
  readonly converted?: number;
  readonly fields?: readonly WrittenField[];
  readonly type?: number;
  readonly pages?: readonly WrittenPage[];
  /** Said of the column in its row group, where that differs from what is so. */
  readonly chunk?: { readonly [id: number]: Value };
}

export interface WrittenPage {
  /** Levels, if the field has such. */
  readonly repetitions?: readonly number[];
  readonly definitions?: readonly number[];
  readonly values: Uint8Array;
  /** The number of entries. */
  readonly size: number;
  /** Said of the page, where that differs from plain values of a data page. */
  readonly header?: { readonly [id: number]: Value };
}

type Value = number | string | readonly Value[] | { readonly [id: number]: Value };

/** A Parquet file of one row group, neither compressed nor checked in any way. */
export function parquetFile(rows: number, fields: readonly WrittenField[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('PAR1')];
  const place = () => parts.reduce((sum, { length }) => sum + length, 0);
  const chunks: Value[] = [];
  const schema: Value[] = [{ 4: 'root', 5: fields.length }];
  const write = (field: WrittenField, path: readonly string[]) => {
    const names = [...path, field.name];
    const repetition = ['required', 'optional', 'repeated'].indexOf(field.repetition ?? 'optional');
    schema.push({
      ...(field.type !== undefined && { 1: field.type }),
      3: repetition,
      4: field.name,
      ...(field.fields && { 5: field.fields.length }),
      ...(field.converted !== undefined && { 6: field.converted }),
    });
    for (const child of field.fields ?? []) write(child, names);
    if (field.type === undefined) return;
    const start = place();
    let entries = 0;
    for (const page of field.pages ?? []) {
      const levels = [page.repetitions, page.definitions].filter((levels) => levels !== undefined);
      const bytes = Buffer.concat([...levels.map(levelsOf), page.values]);
      const data = { 1: page.size, 2: 0, 3: 3, 4: 3 };
      parts.push(struct({ 1: 0, 2: bytes.length, 3: bytes.length, 5: data, ...page.header }));
      parts.push(bytes);
      if (!page.header?.[7]) entries += page.size;
    }
    const size = place() - start;
    const column = {
      1: field.type,
      2: [0],
      3: names,
      4: 0,
      5: entries,
      6: size,
      7: size,
      9: start,
    };
    chunks.push({ 2: start, 3: { ...column, ...field.chunk } });
  };
  for (const field of fields) write(field, []);
  const footer = struct({ 1: 1, 2: schema, 3: rows, 4: [{ 1: chunks, 2: 0, 3: rows }] });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return new Uint8Array(Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]));
}

/** Each a run of its own. */
function levelsOf(levels: readonly number[]): Uint8Array {
  const runs = levels.flatMap((level) => [1 << 1, level]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(runs.length);
  return Buffer.concat([length, Buffer.from(runs)]);
}

export function texts(...all: readonly string[]): Uint8Array {
  return Buffer.concat(
    all.map((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(text));
      return Buffer.concat([length, Buffer.from(text)]);
    }),
  );
}

export function longs(...all: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(all).buffer);
}

// Thrift's compact protocol.
const [i64, binary, list, record] = [6, 8, 9, 12];

function struct(fields: { readonly [id: number]: Value }): Buffer {
  const written = Object.entries(fields).flatMap(([id, value]) => [
    Buffer.from([typeOf(value)]),
    varint(Number(id) * 2),
    encoded(value),
  ]);
  return Buffer.concat([...written, Buffer.from([0])]);
}

function typeOf(value: Value): number {
  if (typeof value === 'number') return i64;
  if (typeof value === 'string') return binary;
  return Array.isArray(value) ? list : record;
}

function encoded(value: Value): Buffer {
  if (typeof value === 'number') return varint(value < 0 ? value * -2 - 1 : value * 2);
  if (typeof value === 'string') {
    return Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
  }
  if (!Array.isArray(value)) return struct(value as { readonly [id: number]: Value });
  const [first = 0] = value;
  const header = Buffer.from([0xf0 | typeOf(first)]);
  return Buffer.concat([header, varint(value.length), ...value.map(encoded)]);
}

function varint(value: number): Buffer {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

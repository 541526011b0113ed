import { expect, test } from 'vitest';
import { longs, parquetFile, texts, type WrittenField } from '../../testing/parquet-file.ts';
import { unlessInDoubt } from '../doubt.ts';
import { readColumn } from './column.ts';
import { openParquet } from './footer.ts';
import { decodeRuns } from './runs.ts';
import { decompress } from './snappy.ts';

function runs(bytes: readonly number[], width: number, size: number): number[] | undefined {
  const into = new Uint32Array(size);
  return unlessInDoubt(() => {
    decodeRuns(Uint8Array.from(bytes), width, into);
    return [...into];
  });
}

test('runs are repeated or packed numbers', () => {
  expect(runs([3 << 1, 5], 3, 3)).toEqual([5, 5, 5]);
  // The example of parquet-format: 0 to 7, in three bits each.
  expect(runs([(1 << 1) | 1, 0b10001000, 0b11000110, 0b11111010], 3, 8)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7,
  ]);
  expect(runs([(1 << 1) | 1, 0b10001000, 0b11000110, 0b11111010], 3, 2)).toEqual([0, 1]);
  expect(runs([1 << 1, 1, (1 << 1) | 1, 0b10], 1, 3)).toEqual([1, 0, 1]);
  expect(runs([(300 & 127) | 128, 300 >> 7, 0x2c, 1], 9, 150)).toEqual(Array(150).fill(300));
  expect(runs([2 << 1], 0, 2)).toEqual([0, 0]);
  expect(runs([], 3, 0)).toEqual([]);
});

test.each([
  { what: 'that end too early', bytes: [1 << 1, 5], width: 3, size: 2 },
  { what: 'that go on', bytes: [1 << 1, 5, 0], width: 3, size: 1 },
  { what: 'of more numbers than there are', bytes: [2 << 1, 5], width: 3, size: 1 },
  { what: 'of no numbers', bytes: [0, 5, 1 << 1, 5], width: 3, size: 1 },
  { what: 'of numbers with more bits', bytes: [1 << 1, 8], width: 3, size: 1 },
  { what: 'packed, that end too early', bytes: [3, 1, 2], width: 3, size: 8 },
  { what: 'of very many numbers', bytes: [0xff, 0xff, 0xff, 0xff, 0x7f, 1], width: 1, size: 1 },
  { what: 'of very wide numbers', bytes: [1 << 1, 1, 0, 0, 0], width: 32, size: 1 },
])('runs $what are a doubt', ({ bytes, width, size }) => {
  expect(runs(bytes, width, size)).toBeUndefined();
});

function decompressed(bytes: readonly number[], length: number): string | undefined {
  return unlessInDoubt(() => Buffer.from(decompress(Uint8Array.from(bytes), length)).toString());
}

const [a, b, c] = [...Buffer.from('abc')] as [number, number, number];

test('a block of Snappy is literals and copies', () => {
  expect(decompressed([0], 0)).toBe('');
  expect(decompressed([3, 2 << 2, a, b, c], 3)).toBe('abc');
  expect(decompressed([3, 60 << 2, 2, a, b, c], 3)).toBe('abc');
  expect(decompressed([3, 63 << 2, 2, 0, 0, 0, a, b, c], 3)).toBe('abc');
  expect(decompressed([7, 2 << 2, a, b, c, 1, 3], 7)).toBe('abcabca');
  expect(decompressed([5, 2 << 2, a, b, c, (1 << 2) | 2, 2, 0], 5)).toBe('abcbc');
  expect(decompressed([5, 2 << 2, a, b, c, (1 << 2) | 3, 3, 0, 0, 0], 5)).toBe('abcab');
  const long = [0xac, 0x02, 61 << 2, 0x27, 1, ...Array(296).fill(a), 1, 255];
  expect(decompressed(long, 300)).toBe('a'.repeat(300));
});

test.each([
  { what: 'of another length', bytes: [4, 2 << 2, a, b, c], length: 3 },
  { what: 'with less than its length', bytes: [4, 2 << 2, a, b, c], length: 4 },
  { what: 'with more than its length', bytes: [2, 2 << 2, a, b, c], length: 2 },
  { what: 'whose copy goes beyond its length', bytes: [4, 2 << 2, a, b, c, 1, 3], length: 4 },
  { what: 'that copies what is not there yet', bytes: [5, 0, a, 1, 2], length: 5 },
  { what: 'that copies nothing from nowhere', bytes: [5, 0, a, 1, 0], length: 5 },
  { what: 'whose literal is cut', bytes: [3, 2 << 2, a], length: 3 },
  { what: 'whose literal is very long', bytes: [3, 63 << 2, 255, 255, 255, 255, a], length: 3 },
  { what: 'whose copy is cut', bytes: [5, 0, a, 2], length: 5 },
  { what: 'without a length', bytes: [0x80], length: 0 },
  {
    what: 'whose length goes on',
    bytes: [0x83, 0x80, 0x80, 0x80, 0x80, 0, 2 << 2, a, b, c],
    length: 3,
  },
])('a block of Snappy $what is a doubt', ({ bytes, length }) => {
  expect(decompressed(bytes, length)).toBeUndefined();
});

const [int64, byteArray] = [2, 6];

/** Three rows: one, null, two. */
const column: WrittenField = {
  name: 'c',
  type: int64,
  pages: [{ definitions: [1, 0, 1], values: longs(1n, 2n), size: 3 }],
};

function columnOf(field: WrittenField, rows = 3) {
  return unlessInDoubt(() => {
    const file = openParquet(parquetFile(rows, [field]));
    const { definitions, values } = readColumn(file, file.fields[0] ?? expect.fail());
    return { levels: [...definitions.entries], values };
  });
}

test('a column has levels and values', () => {
  expect(columnOf(column)).toEqual({ levels: [1, 0, 1], values: [1, 2] });
  const numbers = longs(-1n, 2n ** 53n - 1n, -(2n ** 53n) + 1n);
  expect(
    columnOf({
      name: 'c',
      type: int64,
      repetition: 'required',
      pages: [{ values: numbers, size: 3 }],
    }),
  ).toEqual({ levels: [], values: [-1, 2 ** 53 - 1, -(2 ** 53) + 1] });
  const [one, two] = [
    { definitions: [1], values: texts('ü'), size: 1 },
    { definitions: [0, 1], values: texts(''), size: 2 },
  ];
  expect(columnOf({ name: 'c', type: byteArray, pages: [one, two] })).toEqual({
    levels: [1, 0, 1],
    values: ['ü', ''],
  });
});

const dictionary = { values: longs(7n, 8n), size: 2, header: { 1: 2, 7: { 1: 2, 2: 0 } } };
const indexed = {
  definitions: [1, 0, 1],
  values: Uint8Array.from([1, (1 << 1) | 1, 0b01]),
  size: 3,
  header: { 5: { 1: 3, 2: 8, 3: 3, 4: 3 } },
};

test('a column may have a dictionary', () => {
  expect(columnOf({ ...column, pages: [dictionary, indexed] })).toEqual({
    levels: [1, 0, 1],
    values: [8, 7],
  });
});

const [page = expect.fail()] = column.pages ?? [];

test.each([
  { what: 'with fewer entries than it says', field: { ...column, chunk: { 5: 4 } }, rows: 4 },
  { what: 'with more entries than it says', field: { ...column, chunk: { 5: 2 } }, rows: 2 },
  { what: 'with other rows than the file', field: column, rows: 4 },
  { what: 'of another type than its field', field: { ...column, chunk: { 1: 1 } } },
  { what: 'of another name than its field', field: { ...column, chunk: { 3: ['d'] } } },
  { what: 'of another codec', field: { ...column, chunk: { 4: 6 } } },
  { what: 'that ends elsewhere', field: { ...column, chunk: { 7: 9 } } },
  { what: 'with more bytes than the file', field: { ...column, chunk: { 7: 1000 } } },
  { what: 'whose statistics say that it is empty', field: { ...column, chunk: { 12: { 3: 3 } } } },
  {
    what: 'whose dictionary is very long',
    field: {
      name: 'c',
      type: 0,
      pages: [
        { values: new Uint8Array(2 ** 16), size: 0, header: { 1: 2, 7: { 1: 2 ** 19, 2: 0 } } },
      ],
    },
    rows: 0,
  },
  {
    what: 'with a value too many',
    field: { ...column, pages: [{ ...page, values: longs(1n, 2n, 3n) }] },
  },
  { what: 'with a value too few', field: { ...column, pages: [{ ...page, values: longs(1n) }] } },
  {
    what: 'with a level that is too high',
    field: { ...column, pages: [{ ...page, definitions: [1, 0, 2] }] },
  },
  {
    what: 'with levels in another encoding',
    field: { ...column, pages: [{ ...page, header: { 5: { 1: 3, 2: 0, 3: 4, 4: 3 } } }] },
  },
  {
    what: 'with values in another encoding',
    field: { ...column, pages: [{ ...page, header: { 5: { 1: 3, 2: 5, 3: 3, 4: 3 } } }] },
  },
  {
    what: 'with a page of another kind',
    field: { ...column, pages: [{ ...page, header: { 1: 3 } }] },
  },
  {
    what: 'with a page of another length',
    field: { ...column, pages: [{ ...page, header: { 2: 9 } }] },
  },
  {
    what: 'whose number has more than 53 bits',
    field: { ...column, pages: [{ ...page, values: longs(1n, 2n ** 53n) }] },
  },
  {
    what: 'whose text is cut',
    field: {
      name: 'c',
      type: byteArray,
      pages: [{ ...page, values: texts('a', 'b').subarray(0, 9) }],
    },
  },
  {
    what: 'whose text is very long',
    field: {
      name: 'c',
      type: byteArray,
      pages: [{ ...page, values: Buffer.from([0, 0, 0, 0, 255, 255, 255, 255]) }],
    },
  },
  {
    what: 'whose text is not UTF-8',
    field: {
      name: 'c',
      type: byteArray,
      pages: [{ ...page, values: Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 255]) }],
    },
  },
  { what: 'without the dictionary it needs', field: { ...column, pages: [indexed] } },
  { what: 'with two dictionaries', field: { ...column, pages: [dictionary, dictionary, indexed] } },
  { what: 'with a dictionary behind', field: { ...column, pages: [page, dictionary] } },
  {
    what: 'whose dictionary lacks a value',
    field: {
      ...column,
      pages: [{ ...dictionary, values: longs(7n), header: { 1: 2, 7: { 1: 1, 2: 0 } } }, indexed],
    },
  },
])('a column $what is a doubt', ({ field, rows }) => {
  expect(columnOf(field, rows)).toBeUndefined();
});

/** The end of a file, with a footer that is so many bytes longer. */
function moreBy(bytes: number, file: Buffer): Buffer {
  const end = Buffer.from(file.subarray(-8));
  end.writeUInt32LE(end.readUInt32LE() + bytes);
  return end;
}

/** A file whose footer has nothing but these bytes. */
function footed(footer: Uint8Array): Uint8Array {
  const end = Buffer.from('....PAR1');
  end.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), footer, end]);
}

// A field 20 that is a list of so many structs, lists or doubles.
test.each([
  { what: 'structs', start: [9, 40, 0xfc, 0x80, 0x80, 0x80, 4], fill: '\x01\x3c\0' },
  { what: 'lists', start: [9, 40, 0xf9, 0x80, 0x80, 0x80, 8], fill: '\0' },
  { what: 'doubles', start: [9, 40, 0xf7, 0x80, 0x80, 0x80, 0x80, 0x80, 8], fill: '\0' },
])('a footer of very many $what is a doubt before memory is full', ({ start, fill }) => {
  const footer = Buffer.alloc(2 ** 22, fill);
  footer.set(start);
  const before = process.memoryUsage().heapUsed;
  expect(unlessInDoubt(() => openParquet(footed(footer)))).toBeUndefined();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 27);
});

test('names that differ in case alone are a doubt', () => {
  const file = (name: string) => parquetFile(3, [column, { ...column, name }]);
  expect(unlessInDoubt(() => openParquet(file('d')))?.fields).toHaveLength(2);
  expect(unlessInDoubt(() => openParquet(file('C')))).toBeUndefined();
});

test.each([
  { what: 'that is cut', change: (file: Buffer) => file.subarray(0, -1) },
  {
    what: 'of another kind',
    change: (file: Buffer) => Buffer.concat([Buffer.from('PARE'), file.subarray(4)]),
  },
  {
    what: 'whose footer is longer than it',
    change: (file: Buffer) => file.fill(255, file.length - 8, file.length - 4),
  },
  {
    what: 'whose footer is shorter than told',
    change: (file: Buffer) =>
      Buffer.concat([file.subarray(0, -8), Buffer.from([0]), moreBy(1, file)]),
  },
  { what: 'of a few bytes', change: () => Buffer.from('PAR1') },
])('a file $what is a doubt', ({ change }) => {
  const file = change(Buffer.from(parquetFile(3, [column])));
  expect(unlessInDoubt(() => openParquet(new Uint8Array(file)))).toBeUndefined();
});

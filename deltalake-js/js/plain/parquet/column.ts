import { doubt } from '../doubt.ts';
import { type Chunk, count, type Field, mostEntries, type ParquetFile, struct } from './footer.ts';
import { decodeLevels, joined, type Levels } from './levels.ts';
import { decodeRuns } from './runs.ts';
import { decompress } from './snappy.ts';
import { readerAt, readStruct } from './thrift.ts';
import { appendPlain, type Scalar } from './values.ts';

/** All that a column holds, of all row groups. */
export interface Column {
  /** The level up to which each entry is there. */
  readonly definitions: Levels;
  /** Of each entry: 0 where a row begins. Without entries, for a column in no list. */
  readonly repetitions: Levels;
  /** Of the entries that are there at the field's own level. */
  readonly values: readonly Scalar[];
}

interface Pages {
  readonly definitions: Levels[];
  readonly repetitions: Levels[];
  readonly values: Scalar[];
}

const [dataPage, dictionaryPage] = [0, 2];
const [plain, plainDictionary, runs, dictionaryIndexes] = [0, 2, 3, 8];

/** Bytes. */
const largestPage = 2 ** 25;

/**
 * Reads a column of texts, of whole numbers or of booleans: from data pages of the first version, plain or with a dictionary.
 *
 * Source: parquet-format 2.11, "Data Pages", "Nested Encoding" and "Encodings".
 */
export function readColumn(file: ParquetFile, field: Field): Column {
  if (field.chunks.reduce((sum, { entries }) => sum + entries, 0) > mostEntries) doubt();
  const pages: Pages = { definitions: [], repetitions: [], values: [] };
  for (const chunk of field.chunks) readChunk(file, field, chunk, pages);
  return {
    definitions: joined(pages.definitions),
    repetitions: joined(pages.repetitions),
    values: pages.values,
  };
}

function readChunk(file: ParquetFile, field: Field, chunk: Chunk, into: Pages): void {
  const type = field.type ?? doubt();
  const reader = readerAt(file.bytes, chunk.start);
  const before = into.values.length;
  let dictionary: Scalar[] | undefined;
  let read = 0;
  while (reader.offset < chunk.end) {
    const header = readStruct(reader);
    const start = reader.offset;
    reader.offset += count(header[3]);
    if (reader.offset > chunk.end) doubt();
    const stored = file.bytes.subarray(start, reader.offset);
    const bytes = contents(stored, count(header[2]), chunk);
    if (header[1] === dataPage) {
      const [, entries, encoding, ofDefinitions, ofRepetitions] = struct(header[5]);
      const size = count(entries);
      read += size;
      let [values, present] = [bytes, size];
      if (field.depth > 0) {
        if (ofRepetitions !== runs) doubt();
        const { levels, rest } = takeLevels(values, field.depth, size, file);
        into.repetitions.push(levels);
        values = rest;
      }
      if (field.definition > 0) {
        if (ofDefinitions !== runs) doubt();
        const { levels, rest } = takeLevels(values, field.definition, size, file);
        into.definitions.push(levels);
        [values, present] = [rest, levels.counts[field.definition] ?? 0];
      }
      if (encoding === plain) appendPlain(values, type, present, into.values);
      else if (encoding === plainDictionary || encoding === dictionaryIndexes) {
        appendIndexed(values, dictionary ?? doubt(), present, into.values);
      } else doubt();
    } else if (header[1] === dictionaryPage) {
      const [, size, encoding] = struct(header[7]);
      if (dictionary || read > 0 || count(size) > mostEntries) doubt();
      if (encoding !== plain && encoding !== plainDictionary) doubt();
      dictionary = [];
      appendPlain(bytes, type, count(size), dictionary);
    } else doubt();
  }
  if (read !== chunk.entries || (chunk.isEmpty && into.values.length > before)) doubt();
}

function contents(stored: Uint8Array, length: number, { isCompressed }: Chunk): Uint8Array {
  if (length > largestPage) doubt();
  if (isCompressed) return decompress(stored, length);
  return stored.length === length ? stored : doubt();
}

/** Gives the levels that a page begins with, and what comes after them. */
function takeLevels(bytes: Uint8Array, highest: number, size: number, { known }: ParquetFile) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 4 + view.getUint32(0, true);
  if (end > bytes.length) doubt();
  const levels = decodeLevels(bytes.subarray(4, end), highest, size, known);
  return { levels, rest: bytes.subarray(end) };
}

function appendIndexed(
  bytes: Uint8Array,
  dictionary: readonly Scalar[],
  size: number,
  into: Scalar[],
): void {
  if (size === 0) return;
  const indexes = new Uint32Array(size);
  decodeRuns(bytes.subarray(1), bytes[0] ?? doubt(), indexes);
  for (let place = 0; place < size; place += 1) {
    into.push(dictionary[indexes[place] as number] ?? doubt());
  }
}

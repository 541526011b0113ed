import type { DataFile, DeletionVector } from '../data-file.ts';
import { DeltaLogError } from '../errors.ts';
import { logFolder } from '../log-file.ts';

// The layout is drawn in src/batch.rs.
const headerBytes = 28;
const numbersInRow = 7;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const none: Readonly<Record<string, never>> = Object.freeze({});
const ownProperty = { configurable: true, enumerable: true, writable: true };

type TextMap = Readonly<Record<string, string | null>>;

/**
 * The files of a batch. Each text is cut out of one large one and keeps that alive: paths and
 * statistics have one each, so that whoever keeps paths keeps nothing else.
 */
export function decodeBatch(bytes: Uint8Array): DataFile[] {
  const header = new Uint32Array(bytes.slice(0, headerBytes).buffer);
  const [rows = 0, wordCount = 0, keyCount = 0, rowsEnd = 0, pathsBytes = 0, textBytes = 0] =
    header;
  const wordsStart = headerBytes + rows * numbersInRow * 8;
  const keysStart = wordsStart + wordCount * 4;
  const pathsStart = keysStart + keyCount * 4;
  const textStart = pathsStart + pathsBytes;
  const statsStart = textStart + textBytes;
  const numbers = new Float64Array(bytes.slice(headerBytes, wordsStart).buffer);
  const words = new Uint32Array(bytes.slice(wordsStart, keysStart).buffer);
  const keyEnds = new Uint32Array(bytes.slice(keysStart, pathsStart).buffer);
  const paths = decodeText(bytes.subarray(pathsStart, textStart));
  const text = decodeText(bytes.subarray(textStart, statsStart));
  const stats = decodeText(bytes.subarray(statsStart));
  const keys = Array.from(keyEnds, (end, key) => text.slice(keyEnds[key - 1] ?? rowsEnd, end));
  let next = 0;
  let pathsEnd = 0;
  let textEnd = 0;
  let statsEnd = 0;

  function decodeMap(): TextMap {
    const count = words[next++] as number;
    if (count === 0) return none;
    const map: Record<string, string | null> = {};
    for (let entry = 0; entry < count; entry += 1) {
      const keyAndNull = words[next++] as number;
      const start = textEnd;
      textEnd = words[next++] as number;
      const key = keys[keyAndNull >>> 1] as string;
      const value = keyAndNull % 2 === 1 ? null : text.slice(start, textEnd);
      if (key === '__proto__') Object.defineProperty(map, key, { ...ownProperty, value });
      else map[key] = value;
    }
    return map;
  }

  const files: DataFile[] = [];
  // Most batches are read before any of this is optimised: it makes few calls, and spreads nothing.
  for (let at = 0; at < numbers.length; at += numbersInRow) {
    const pathEnd = words[next++] as number;
    const vectorEnd = words[next++] as number;
    const statsEndAndOne = words[next++] as number;
    const baseRowId = numbers[at + 5] as number;
    const defaultRowCommitVersion = numbers[at + 6] as number;
    const file: Writable<DataFile> = {
      path: paths.slice(pathsEnd, pathEnd),
      sizeBytes: numbers[at] as number,
      modifiedAt: numbers[at + 1] as number,
      partitionValues: none,
    };
    pathsEnd = pathEnd;
    if (statsEndAndOne !== 0) {
      file.stats = stats.slice(statsEnd, statsEndAndOne - 1);
      statsEnd = statsEndAndOne - 1;
    }
    if (vectorEnd > textEnd) {
      file.deletionVector = decodeVector(text.slice(textEnd, vectorEnd), numbers, at);
      textEnd = vectorEnd;
    }
    file.partitionValues = decodeMap();
    const tags = decodeMap();
    if (!Number.isNaN(baseRowId)) file.baseRowId = baseRowId;
    if (!Number.isNaN(defaultRowCommitVersion)) {
      file.defaultRowCommitVersion = defaultRowCommitVersion;
    }
    if (tags !== none) file.tags = tags;
    files.push(file);
  }
  return files;
}

/** The module ends a batch long before its text is too long, but does not cut the text of one file. */
function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const problem = `a text of ${bytes.length} bytes, of one file, is longer than JavaScript allows`;
    throw new DeltaLogError('LOG_DAMAGED', { path: logFolder, problem }, { cause });
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function decodeVector(text: string, numbers: Float64Array, at: number): DeletionVector {
  const offset = numbers[at + 2] as number;
  return {
    // Checked where rows are asked for.
    storageType: text[0] as DeletionVector['storageType'],
    pathOrInlineDv: text.slice(1),
    ...(!Number.isNaN(offset) && { offset }),
    sizeInBytes: numbers[at + 3] as number,
    cardinality: numbers[at + 4] as number,
  };
}

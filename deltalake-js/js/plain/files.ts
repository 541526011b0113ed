import type { DataFile, DeletionVector } from '../data-file.ts';
import {
  isBoolean,
  isCount,
  isInt,
  isMap,
  isObject,
  isText,
  type JsonObject,
  orAbsent,
} from './shapes.ts';

interface WireFile {
  readonly path: string;
  readonly deletionVector?: DeletionVector | null;
}

interface WireAdd extends WireFile {
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly stats?: string | null;
  readonly tags?: Readonly<Record<string, string | null>> | null;
  readonly baseRowId?: number | null;
  readonly defaultRowCommitVersion?: number | null;
}

export function isPlainAdd(add: JsonObject): add is JsonObject & WireAdd {
  return (
    isPlainFile(add) &&
    isMap(add['partitionValues'], isTextOrNull) &&
    isCount(add['size']) &&
    isCount(add['modificationTime']) &&
    orAbsent(add['clusteringProvider'], isText)
  );
}

export function isPlainRemove(remove: JsonObject): remove is JsonObject & WireFile {
  return (
    isPlainFile(remove) &&
    orAbsent(remove['partitionValues'], isTextMap) &&
    orAbsent(remove['size'], isCount) &&
    orAbsent(remove['deletionTimestamp'], isCount) &&
    orAbsent(remove['extendedFileMetadata'], isBoolean)
  );
}

/** What adds and removes have alike. */
function isPlainFile(file: JsonObject): boolean {
  return (
    isPlainPath(file['path']) &&
    isBoolean(file['dataChange']) &&
    orAbsent(file['stats'], isText) &&
    orAbsent(file['tags'], isTextMap) &&
    orAbsent(file['deletionVector'], isPlainVector) &&
    orAbsent(file['baseRowId'], isCount) &&
    orAbsent(file['defaultRowCommitVersion'], isCount)
  );
}

/** Of a name that is twice in a map the kernel looks at both values, and JSON.parse at the last. */
export function areMapsOnce(action: JsonObject, line: string): boolean {
  for (const name of ['partitionValues', 'tags']) {
    const map = action[name] ? JSON.stringify(action[name]) : '{}';
    if (map !== '{}' && !line.includes(`"${name}":${map}`)) return false;
  }
  return true;
}

/** Nothing in it could be spelt in another way. Several looks take less time than one that sees all of it. */
function isPlainPath(path: unknown): boolean {
  return (
    isText(path) &&
    /^[\w.=/-]+$/.test(path) &&
    !path.startsWith('/') &&
    !path.includes('//') &&
    !path.includes('./') &&
    !/[./]$/.test(path)
  );
}

const storageTypes = new Set<unknown>(['u', 'p', 'i']);

function isPlainVector(vector: unknown): boolean {
  return (
    isObject(vector) &&
    storageTypes.has(vector['storageType']) &&
    isText(vector['pathOrInlineDv']) &&
    orAbsent(vector['offset'], isInt) &&
    isInt(vector['sizeInBytes']) &&
    isCount(vector['cardinality'])
  );
}

function isTextMap(value: unknown): boolean {
  return isMap(value, isTextOrNull);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}

/** A path and a deletion vector make one file. In a plain path there is no space. */
export function keyOf({ path, deletionVector }: WireFile): string {
  if (!deletionVector) return path;
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  const key = `${path} ${storageType}${pathOrInlineDv}`;
  return isInt(offset) ? `${key}@${offset}` : key;
}

export function fileOf(add: WireAdd): DataFile {
  const { stats, deletionVector, baseRowId, defaultRowCommitVersion, tags } = add;
  const file: { -readonly [K in keyof DataFile]: DataFile[K] } = {
    path: add.path,
    sizeBytes: add.size,
    modifiedAt: add.modificationTime,
    partitionValues: add.partitionValues,
  };
  // Most files are made before any of this is optimised: nothing is spread.
  if (isText(stats)) file.stats = stats;
  if (deletionVector) file.deletionVector = vectorOf(deletionVector);
  if (isCount(baseRowId)) file.baseRowId = baseRowId;
  if (isCount(defaultRowCommitVersion)) file.defaultRowCommitVersion = defaultRowCommitVersion;
  if (tags && Object.keys(tags).length > 0) file.tags = tags;
  return file;
}

function vectorOf(vector: DeletionVector): DeletionVector {
  const { storageType, pathOrInlineDv, offset, sizeInBytes, cardinality } = vector;
  const hasOffset = isInt(offset);
  return { storageType, pathOrInlineDv, ...(hasOffset && { offset }), sizeInBytes, cardinality };
}

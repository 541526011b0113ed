import type { DataFile, DeletionVector } from '../data-file.ts';
import { doubt } from './doubt.ts';
import type { Records, Values } from './parquet/records.ts';
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

/** The files of a checkpoint's adds. Their texts, numbers and maps are such. */
export function plainFiles({ size, columns }: Records): readonly DataFile[] {
  if (size === 0) return [];
  const paths = all(columns['path'], isPlainPath);
  const partitionValues = all(columns['partitionValues'], isTextMap);
  const sizes = all(columns['size'], isCount);
  const times = all(columns['modificationTime'], isCount);
  all(columns['dataChange'], isBoolean);
  const { deletionVector: vectors, baseRowId: ids, defaultRowCommitVersion: versions } = columns;
  for (const vector of vectors ?? []) if (!orAbsent(vector, isPlainVector)) doubt();
  for (const id of ids ?? []) if (!orAbsent(id, isCount)) doubt();
  for (const version of versions ?? []) if (!orAbsent(version, isCount)) doubt();
  const files: DataFile[] = [];
  for (let place = 0; place < size; place += 1) {
    const add = {
      path: paths[place],
      partitionValues: partitionValues[place],
      size: sizes[place],
      modificationTime: times[place],
      stats: columns['stats']?.[place],
      tags: columns['tags']?.[place],
      deletionVector: vectors?.[place],
      baseRowId: ids?.[place],
      defaultRowCommitVersion: versions?.[place],
    };
    files.push(fileOf(add as WireAdd));
  }
  return files;
}

function all<T>(values: Values, isOne: (value: unknown) => value is T): readonly T[] {
  return values?.every(isOne) ? values : doubt();
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
function isPlainPath(path: unknown): path is string {
  return (
    isText(path) &&
    /^[\w.=/-]+$/.test(path) &&
    !path.startsWith('/') &&
    !path.includes('//') &&
    !path.includes('./') &&
    !path.endsWith('.') &&
    !path.endsWith('/')
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

function isTextMap(value: unknown): value is Readonly<Record<string, string | null>> {
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
  const { path, size: sizeBytes, modificationTime: modifiedAt, partitionValues, stats } = add;
  const { deletionVector, baseRowId, defaultRowCommitVersion, tags } = add;
  // Most files are made before any of this is optimised: nothing is spread.
  const file: { -readonly [K in keyof DataFile]: DataFile[K] } = isText(stats)
    ? { path, sizeBytes, modifiedAt, partitionValues, stats }
    : { path, sizeBytes, modifiedAt, partitionValues };
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

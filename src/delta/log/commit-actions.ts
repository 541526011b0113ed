import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import { int64 } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { DataFile, DeletionVector } from '../snapshot.ts';

export type FileAdded = Omit<DataFile, 'location'>;

export interface FileRemoved {
  readonly path: string;
  readonly deletionVector?: DeletionVector;
  /** Epoch milliseconds, as the writer recorded it. */
  readonly removedAt?: number;
}

export interface MetadataSet {
  readonly tableId: string;
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** What one commit does to the files of a table and to its metadata, in its own order. */
export interface CommitActions {
  readonly files: readonly (
    | { readonly type: 'add'; readonly add: FileAdded }
    | { readonly type: 'remove'; readonly remove: FileRemoved }
  )[];
  readonly metadata: MetadataSet | undefined;
  readonly restored: Restored | undefined;
}

/** What RESTORE was told to go back to, as it wrote that down. */
export interface Restored {
  readonly to: string | undefined;
}

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const wireVector = z
  .object({
    storageType: z.enum(['u', 'p', 'i']),
    pathOrInlineDv: z.string(),
    offset: optional(z.int()),
    sizeInBytes: z.int(),
    cardinality: int64,
  })
  .transform((vector): DeletionVector => withoutUndefined(vector));

const wireAdd = z
  .object({
    path: z.string(),
    partitionValues: z.record(z.string(), z.string().nullable()),
    size: int64,
    modificationTime: int64,
    stats: optional(z.string()),
    deletionVector: optional(wireVector),
  })
  .transform(
    ({ size, modificationTime, ...add }): FileAdded =>
      withoutUndefined({ ...add, sizeBytes: size, modifiedAt: modificationTime }),
  );

const wireRemove = z
  .object({
    path: z.string(),
    deletionTimestamp: optional(int64),
    deletionVector: optional(wireVector),
  })
  .transform(
    ({ deletionTimestamp, ...remove }): FileRemoved =>
      withoutUndefined({ ...remove, removedAt: deletionTimestamp }),
  );

const wireMetadata = z
  .object({
    id: z.string(),
    schemaString: z.string(),
    partitionColumns: optional(z.array(z.string())),
    configuration: optional(z.record(z.string(), z.string())),
  })
  .transform(
    ({ id, schemaString, partitionColumns, configuration }): MetadataSet => ({
      tableId: id,
      schemaString,
      partitionColumns: partitionColumns ?? [],
      properties: configuration ?? {},
    }),
  );

const place = z.union([z.string(), z.number()]).nullish().catch(undefined);

/** Anything may stand in a commitInfo; only what RESTORE writes is looked at. Spark has the version as a number, delta-rs as text. */
const wireRestore = z
  .object({
    operation: z.literal('RESTORE'),
    operationParameters: z.object({ version: place, timestamp: place }).nullish().catch(undefined),
  })
  .transform(({ operationParameters }): Restored => {
    const { version, timestamp } = operationParameters ?? {};
    const to = hasText(version)
      ? `v${version}`
      : hasText(timestamp)
        ? String(timestamp)
        : undefined;
    return { to };
  });

/** Looked at before it is parsed: nearly no commit is one. */
function isRestore(commitInfo: unknown): boolean {
  const { operation } = (commitInfo ?? {}) as { readonly operation?: unknown };
  return operation === 'RESTORE';
}

function hasText(value: string | number | null | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

const wireAction = z.object({
  add: optional(wireAdd),
  remove: optional(wireRemove),
  metaData: optional(wireMetadata),
  commitInfo: z.unknown().optional(),
});

/**
 * Reads the lines of a commit. Source: Delta protocol, "Actions".
 *
 * @throws LineageError LOG_DAMAGED
 */
export function parseCommit(bytes: Uint8Array, table: string, file: string): CommitActions {
  const files: CommitActions['files'][number][] = [];
  let metadata: MetadataSet | undefined;
  let restored: Restored | undefined;
  for (const [index, line] of new TextDecoder().decode(bytes).split('\n').entries()) {
    if (line.trim() === '') continue;
    const damaged = (problem: string, cause: unknown) =>
      new LineageError('LOG_DAMAGED', { table, file, problem }, { cause });
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch (error) {
      throw damaged(`line ${index + 1} is not JSON.`, error);
    }
    const action = wireAction.safeParse(json);
    if (!action.success) throw damaged(`line ${index + 1} is no action of Delta.`, action.error);
    const { add, remove, metaData, commitInfo } = action.data;
    if (add !== undefined) files.push({ type: 'add', add });
    if (remove !== undefined) files.push({ type: 'remove', remove });
    if (metaData !== undefined) metadata = metaData;
    if (isRestore(commitInfo)) restored ??= wireRestore.safeParse(commitInfo).data;
  }
  return { files, metadata, restored };
}

/**
 * What tells one file action from another: a file belongs to a version with one deletion vector at a time, and a new vector makes another
 * file of it. Source: Delta protocol, "Action Reconciliation".
 */
export function fileKey({
  path,
  deletionVector,
}: Pick<FileAdded, 'path' | 'deletionVector'>): string {
  const file = canonicalPath(path);
  if (deletionVector === undefined) return file;
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  return `${file}\n${storageType}${pathOrInlineDv}${offset === undefined ? '' : `@${offset}`}`;
}

/**
 * The path by which Spark tells files apart: `/x` and `file:///x` are `file:/x`, and no segment is empty, `.`, or undone by a `..` behind
 * it; `%c3` is `%C3`. The kernel's is the same (`deltalake-js/patches`). Source: `DeltaLog.canonicalizePath` of Delta 4.4, Hadoop's `Path`.
 */
export function canonicalPath(text: string): string {
  const path = text.replace(/%([a-f][\da-fA-F]|[\dA-F][a-f])/g, (digits) => digits.toUpperCase());
  const rest = /^file:\/\/\//.test(path) ? path.slice(7) : path.replace(/^file:(?=\/(?!\/))/, '');
  const isLocal = rest !== path || /^\/(?!\/)/.test(path);
  const isUrl = path.startsWith('file:') || (path.includes('//') && path.includes(':'));
  if (!isLocal && isUrl) return path;
  if (!isLocal && !/(^|\/)(\.{0,2})(\/|$)/.test(path)) return path;
  const kept: string[] = [];
  for (const segment of rest.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(segment);
  }
  return `${isLocal ? 'file:' : ''}${rest.startsWith('/') ? '/' : ''}${kept.join('/')}`;
}

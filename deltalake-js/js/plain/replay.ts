import type { DataFile } from '../data-file.ts';
import type { Description } from '../description.ts';
import { openCheckpoint } from './checkpoint.ts';
import { doubt, unlessInDoubt } from './doubt.ts';
import { areMapsOnce, fileOf, isPlainAdd, isPlainRemove, keyOf, plainFiles } from './files.ts';
import { isPlainMetadata, isPlainProtocol } from './metadata.ts';
import { isObject, isSpelt, parse } from './shapes.ts';
import { mayHaveHalfPairs, utf8Text } from './texts.ts';

/** A table, and its files: the newest first, as the kernel has them. */
export interface PlainTable extends Description {
  readonly files: readonly DataFile[];
}

/** The bytes of a version's files. */
export interface PlainLog {
  readonly version: number;
  /** One Parquet file; undefined where the log begins with version 0. */
  readonly checkpoint: Uint8Array | undefined;
  /** After the checkpoint, in order. */
  readonly commits: readonly Uint8Array[];
}

/** Bytes. What is longer is the kernel's: it does not hold all of it at once. */
const longestLog = 2 ** 25;

/** Actions that tell nothing of files. */
const others = new Set(['commitInfo', 'txn', 'cdc', 'domainMetadata']);

/**
 * Replays a log that says only what most logs say: the kernel takes longer to start than most take to read. Undefined for all else,
 * for damage, and wherever there is a doubt: then the kernel has the word. Whatever is replayed here is as the kernel has it.
 *
 * Source: Delta protocol, "Action Reconciliation"; delta_kernel 0.30.1.
 */
export function replayPlainLog(log: PlainLog): PlainTable | undefined {
  const { checkpoint, commits } = log;
  const bytes = commits.reduce((sum, { length }) => sum + length, checkpoint?.length ?? 0);
  return bytes > longestLog ? undefined : unlessInDoubt(() => replay(log));
}

function replay({ version, checkpoint, commits }: PlainLog): PlainTable {
  const older = checkpoint && replayCheckpoint(checkpoint);
  let { protocol, metadata } = older ?? {};
  const files = new Map<string, DataFile>();
  /** What the checkpoint has of them is out of date. */
  const told = new Set<string>();
  for (const commit of commits) {
    for (const line of linesOf(commit)) {
      if (line === '') continue;
      const action = parse(line);
      if (!isObject(action)) doubt();
      const names = Object.keys(action);
      const name = names[0] ?? '';
      const value = action[name];
      if (names.length !== 1 || !isObject(value)) doubt();
      if (name === 'add') {
        if (!isPlainAdd(value) || !areMapsOnce(value, line)) doubt();
        const key = keyOf(value);
        files.delete(key);
        files.set(key, fileOf(value));
        if (older) told.add(key);
      } else if (name === 'remove') {
        if (!isPlainRemove(value) || !areMapsOnce(value, line)) doubt();
        const key = keyOf(value);
        files.delete(key);
        if (older) told.add(key);
      } else if (name === 'protocol') {
        if (!isPlainProtocol(value)) doubt();
        protocol = value;
      } else if (name === 'metaData') {
        if (!isPlainMetadata(value) || !isSpelt(action, line)) doubt();
        metadata = value;
      } else if (!others.has(name)) doubt();
    }
  }
  if (!protocol || !metadata) doubt();
  const newer = [...files.values()].reverse();
  const rest = older?.files.filter((file) => !told.has(keyOf(file))) ?? [];
  return { version, protocol, metadata, files: [...newer, ...rest] };
}

function replayCheckpoint(bytes: Uint8Array) {
  const { protocols, metadata, readAdds } = openCheckpoint(bytes);
  const [protocol = doubt(), ...otherProtocols] = protocols;
  const [table = doubt(), ...otherTables] = metadata;
  if (otherProtocols.length + otherTables.length > 0) doubt();
  if (!isPlainProtocol(protocol) || !isPlainMetadata(table)) doubt();
  const files = plainFiles(readAdds());
  if (new Set(files.map(keyOf)).size !== files.length) doubt();
  return { protocol, metadata: table, files };
}

function linesOf(commit: Uint8Array): string[] {
  const text = utf8Text(commit);
  return mayHaveHalfPairs(text) ? doubt() : text.split('\n');
}

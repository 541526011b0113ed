import type { DataFile } from '../data-file.ts';
import type { Description, WireMetadata, WireProtocol } from '../description.ts';
import { areMapsOnce, fileOf, isPlainAdd, isPlainRemove, keyOf } from './files.ts';
import { isPlainMetadata, isPlainProtocol } from './metadata.ts';
import { isObject, isSpelt, parse } from './shapes.ts';

/** A table, and its files: the newest first, as the kernel has them. */
export interface PlainTable extends Description {
  readonly files: readonly DataFile[];
}

/** Bytes. What is longer is the kernel's: it does not hold all of it at once. */
const longestLog = 2 ** 25;

/** Actions that tell nothing of files. */
const others = new Set(['commitInfo', 'txn', 'cdc', 'domainMetadata']);

/**
 * Replays a log of commits alone, of version 0 and up, that says only what most logs say: small tables are mostly such, and the kernel
 * takes longer to start than they take to read. Undefined for all else, for damage, and wherever there is a doubt: then the kernel
 * has the word. Whatever is replayed here is as the kernel has it.
 *
 * Source: Delta protocol, "Action Reconciliation"; delta_kernel 0.30.1.
 */
export function replayPlainLog(commits: readonly Uint8Array[]): PlainTable | undefined {
  if (commits.reduce((sum, { length }) => sum + length, 0) > longestLog) return undefined;
  const files = new Map<string, DataFile>();
  let protocol: WireProtocol | undefined;
  let metadata: WireMetadata | undefined;
  for (const commit of commits) {
    const lines = linesOf(commit);
    if (!lines) return undefined;
    for (const line of lines) {
      if (line === '') continue;
      const action = parse(line);
      if (!isObject(action)) return undefined;
      const names = Object.keys(action);
      const name = names[0] ?? '';
      const value = action[name];
      if (names.length !== 1 || !isObject(value)) return undefined;
      if (name === 'add') {
        if (!isPlainAdd(value) || !areMapsOnce(value, line)) return undefined;
        const key = keyOf(value);
        files.delete(key);
        files.set(key, fileOf(value));
      } else if (name === 'remove') {
        if (!isPlainRemove(value) || !areMapsOnce(value, line)) return undefined;
        files.delete(keyOf(value));
      } else if (name === 'protocol') {
        if (!isPlainProtocol(value)) return undefined;
        protocol = value;
      } else if (name === 'metaData') {
        if (!isPlainMetadata(value) || !isSpelt(action, line)) return undefined;
        metadata = value;
      } else if (!others.has(name)) return undefined;
    }
  }
  if (!protocol || !metadata) return undefined;
  const version = commits.length - 1;
  return { version, protocol, metadata, files: [...files.values()].reverse() };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function linesOf(commit: Uint8Array): string[] | undefined {
  let text: string;
  try {
    text = utf8.decode(commit);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  // To the kernel, half of a surrogate pair is damage.
  return /\\u[dD]/.test(text) ? undefined : text.split('\n');
}

import { existsSync, readFileSync } from 'node:fs';
import { justBefore } from '../log-file.ts';

/** A table at a version by the letter of its JSON commits: slow, small, and not the kernel. */
export interface Replay {
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly metaData: Readonly<Record<string, unknown>>;
  /** The add actions that are left, by path and deletion vector. */
  readonly files: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

interface Action {
  readonly path: string;
  readonly deletionVector?: { storageType: string; pathOrInlineDv: string; offset?: number };
}

/** Undefined when a commit from 0 on is not there. */
export function replay(table: string, version: number): Replay | undefined {
  let protocol = {};
  let metaData = {};
  const files = new Map<string, Record<string, unknown>>();
  for (let next = 0; next <= version; next += 1) {
    const commit = `${table}/_delta_log/${justBefore(next)}.json`;
    if (!existsSync(commit)) return undefined;
    const lines = readFileSync(commit, 'utf8').split('\n').filter(Boolean);
    const actions = lines.map((line) => JSON.parse(line));
    for (const { remove } of actions) if (remove) files.delete(keyOf(remove));
    for (const action of actions) {
      protocol = action.protocol ?? protocol;
      metaData = action.metaData ?? metaData;
      if (action.add) files.set(keyOf(action.add), action.add);
    }
  }
  return { protocol, metaData, files };
}

/** What makes a file one of its own. Source: Delta protocol, "Add File and Remove File". */
export function keyOf({ path, deletionVector: vector }: Action): string {
  if (!vector) return path;
  return `${path} ${vector.storageType}${vector.pathOrInlineDv}@${vector.offset}`;
}

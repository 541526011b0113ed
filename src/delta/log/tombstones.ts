import { listLog, logSegment } from 'deltalake-js';
import { z } from 'zod';
import { mapParallel } from '../../base/parallel.ts';
import type { CallOptions } from '../snapshot.ts';
import type { Tombstone } from '../table-timeline.ts';
import type { CheckpointRemoves } from './checkpoint-removes.ts';
import { type FileRemoved, fileKey, parseCommit } from './commit-actions.ts';
import { decodedPath } from './decoded-path.ts';
import type { TableStore } from './table-store.ts';
import { vectorFile } from './vector-file.ts';

/** The removed files that the latest version's state remembers: those of its checkpoint, then those of the commits after it. */
export async function tombstonesIn(
  store: TableStore,
  table: string,
  checkpointRemoves: CheckpointRemoves,
  options: CallOptions,
): Promise<readonly Tombstone[]> {
  const { checkpoint, commits } = logSegment(await listLog(store, options));
  const removed = new Map<string, FileRemoved>();
  if (checkpoint !== undefined) {
    const files = checkpoint.files.map(({ path }) => path);
    for (const remove of await removesIn(store, files, checkpointRemoves, options)) {
      removed.set(fileKey(remove), remove);
    }
  }
  const read = await mapParallel(
    commits,
    64,
    async ({ path }) => parseCommit(await store.read(path, options), table, path),
    options,
  );
  for (const { files } of read) {
    for (const action of files) {
      if (action.type === 'add') removed.delete(fileKey(action.add));
      else removed.set(fileKey(action.remove), action.remove);
    }
  }
  return [...removed.values()].map((remove) => tombstoneOf(store, remove));
}

const wireSidecar = z.object({ sidecar: z.object({ path: z.string() }).nullish() });

/** A checkpoint is Parquet, or JSON that names Parquet files (its sidecars); those may hold sidecars too. Source: Delta protocol, "V2 Spec". */
async function removesIn(
  store: TableStore,
  files: readonly string[],
  checkpointRemoves: CheckpointRemoves,
  options: CallOptions,
): Promise<readonly FileRemoved[]> {
  const parquet: string[] = [];
  for (const path of files) {
    if (!path.endsWith('.json')) {
      parquet.push(path);
      continue;
    }
    const text = new TextDecoder().decode(await store.read(path, options));
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const { sidecar } = wireSidecar.parse(JSON.parse(line));
      if (sidecar) parquet.push(`_delta_log/_sidecars/${sidecar.path}`);
    }
  }
  const locations = parquet.flatMap((path) => store.locate(path)?.location ?? []);
  return await checkpointRemoves(locations, options);
}

function tombstoneOf(store: TableStore, remove: FileRemoved): Tombstone {
  const vector = remove.deletionVector && vectorFile(remove.deletionVector);
  return {
    path: remove.path,
    inside: insidePath(store, decodedPath(remove.path)),
    vectorInside: vector && insidePath(store, vector.path),
    removedAt: remove.removedAt ?? 0,
  };
}

/** Relative to the table; undefined for what lies elsewhere. */
function insidePath(store: TableStore, path: string): string | undefined {
  const found = store.locate(path);
  if (found === undefined || !found.isInside) return;
  return found.location.slice(store.root.length + 1).replaceAll('\\', '/');
}

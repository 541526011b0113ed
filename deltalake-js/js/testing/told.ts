import { justBefore } from '../log-file.ts';
import type { PlainLog } from '../plain/replay.ts';
import { snapshotIn, type TableSnapshot } from '../table-snapshot.ts';
import { Instance } from '../wasm/instance.ts';
import { instantiate, wasmModule } from '../wasm-module.ts';
import { memoryStore } from './stores.ts';

/** All that a snapshot tells. */
export async function toldBy({ files, deletedRows: _, ...facts }: TableSnapshot) {
  const all = [];
  const bare = [];
  for await (const batch of files()) all.push(...batch);
  for await (const batch of files({ stats: false })) bare.push(...batch);
  return { ...facts, all, bare };
}

/** All that the kernel tells of a log. */
export async function toldByKernel({ version, checkpoint, commits }: PlainLog) {
  const instance = new Instance(instantiate(await wasmModule()));
  const first = version - commits.length;
  const key = (version: number, rest: string) => `_delta_log/${justBefore(version)}.${rest}`;
  if (checkpoint) instance.put([{ key: key(first, 'checkpoint.parquet'), bytes: checkpoint }]);
  instance.put(commits.map((bytes, place) => ({ key: key(first + 1 + place, 'json'), bytes })));
  return toldBy(snapshotIn(instance, memoryStore({})));
}

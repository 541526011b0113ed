import { expect, test } from 'vitest';
import { listLog, openSnapshot, type TableSnapshot } from './index.ts';
import { justBefore } from './log-file.ts';
import { localStore } from './node.ts';
import { fixture } from './testing/fixtures.ts';
import { counting, memoryStore } from './testing/stores.ts';

const hint = '_delta_log/_last_checkpoint';
const commit = (version: number) => `_delta_log/${justBefore(version)}.json`;
const countingStore = (name: string) => counting(localStore(fixture(name).table));

async function drain(snapshot: TableSnapshot): Promise<number> {
  let files = 0;
  for await (const batch of snapshot.files()) files += batch.length;
  return files;
}

test('only the checkpoint and what follows it is read, and each file once', async () => {
  const store = countingStore('multipart_checkpoint');
  await drain(await openSnapshot(store));
  expect(store.reads.paths.toSorted()).toEqual(
    [
      hint,
      ...[1, 2, 3, 4].map(
        (part) => `_delta_log/${justBefore(5)}.checkpoint.000000000${part}.0000000004.parquet`,
      ),
      commit(6),
      commit(7),
    ].toSorted(),
  );
  expect(store.reads.lists).toEqual([{ folder: '_delta_log', startAfter: justBefore(5) }]);
});

test('before the checkpoint, only commits are read', async () => {
  const store = countingStore('multipart_checkpoint');
  await drain(await openSnapshot(store, { version: 2 }));
  expect(store.reads.paths).toEqual([hint, commit(0), commit(1), commit(2)]);
});

test('a listing that is given is not made again', async () => {
  const store = countingStore('multipart_checkpoint');
  const listing = await listLog(store, { whole: true });
  await openSnapshot(store, { listing, version: 0 });
  expect(store.reads.lists.length).toBe(1);
  expect(store.reads.paths).toEqual([commit(0)]);
});

test('a listing that begins too late is made again', async () => {
  const store = countingStore('multipart_checkpoint');
  const listing = await listLog(store);
  expect(listing.startsAt).toBe(5);
  expect((await openSnapshot(store, { listing, version: 1 })).version).toBe(1);
});

test('sidecars are read when files are asked for, together, and each once', async () => {
  const store = countingStore('v2_checkpoint_parquet');
  const snapshot = await openSnapshot(store);
  const sidecars = () => store.reads.paths.filter((path) => path.includes('_sidecars/'));
  expect(sidecars()).toEqual([]);
  expect(await drain(snapshot)).toBe(10);
  expect(sidecars().length).toBe(4);
  expect(new Set(sidecars()).size).toBe(4);
  expect(store.reads.mostAtOnce).toBeGreaterThanOrEqual(3);
});

test('files can be listed again, and by two at the same time', async () => {
  const snapshot = await openSnapshot(countingStore('v2_checkpoint_parquet'));
  expect(await drain(snapshot)).toBe(10);
  expect(await Promise.all([drain(snapshot), drain(snapshot)])).toEqual([10, 10]);
});

test('of a deletion vector only its own bytes are read', async () => {
  const inner = localStore(fixture('dv_and_column_mapping').table);
  const ranges: number[] = [];
  const snapshot = await openSnapshot({
    ...inner,
    read(path, options) {
      if (path.endsWith('.bin')) ranges.push((options?.end ?? 0) - (options?.start ?? 0));
      return inner.read(path, options);
    },
  });
  const expected: number[] = [];
  for await (const batch of snapshot.files()) {
    for (const { deletionVector } of batch) {
      if (!deletionVector) continue;
      await snapshot.deletedRows(deletionVector);
      expected.push(deletionVector.sizeInBytes + 8);
    }
  }
  expect(expected.length).toBeGreaterThan(0);
  expect(ranges).toEqual(expected);
});

test('at most 64 files are read at once', async () => {
  const add = (version: number) =>
    `{"add":{"path":"f${version}","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`;
  const first =
    '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n' +
    '{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"a\\",\\"type\\":\\"long\\",\\"nullable\\":true,\\"metadata\\":{}}]}","partitionColumns":[],"configuration":{}}}';
  const store = counting(
    memoryStore(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, version) => [
          commit(version),
          version === 0 ? first : add(version),
        ]),
      ),
    ),
  );
  const snapshot = await openSnapshot(store);
  expect(await drain(snapshot)).toBe(299);
  expect(store.reads.mostAtOnce).toBe(64);
});

test('leaving the loop or aborting stops the reading', async () => {
  const store = countingStore('v2_checkpoint_parquet');
  const snapshot = await openSnapshot(store);
  for await (const _ of snapshot.files()) break;
  const controller = new AbortController();
  const loop = async () => {
    for await (const _ of snapshot.files({ signal: controller.signal })) {
      controller.abort(new Error('enough'));
    }
  };
  await expect(loop()).rejects.toThrow('enough');
  expect(await drain(snapshot)).toBe(10);
});

test('files with much text come in several batches, none of them lost', async () => {
  const stats = JSON.stringify({ numRecords: 1, note: 'x'.repeat(1_000_000) });
  const add = (path: string) => ({
    add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats },
  });
  const schemaString = JSON.stringify({
    type: 'struct',
    fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }],
  });
  const format = { provider: 'parquet', options: {} };
  const paths = Array.from({ length: 150 }, (_, index) => `part-${index}`);
  const lines = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    { metaData: { id: 'i', format, schemaString, partitionColumns: [], configuration: {} } },
    ...paths.map(add),
  ];
  const store = memoryStore({ [commit(0)]: lines.map((line) => JSON.stringify(line)).join('\n') });
  const sizes: number[] = [];
  const found: string[] = [];
  for await (const batch of (await openSnapshot(store)).files()) {
    sizes.push(batch.length);
    for (const file of batch) {
      found.push(file.path);
      expect(file.stats).toHaveLength(stats.length);
    }
  }
  expect(sizes.length).toBeGreaterThan(2);
  expect(found.toSorted()).toEqual(paths.toSorted());
});

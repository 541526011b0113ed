import { describe, expect, test } from 'vitest';
import { type DataFile, openSnapshot, type TableSnapshot } from './index.ts';
import { localStore } from './node.ts';
import { fixture, fixtures } from './testing/fixtures.ts';
import { keyOf, replay } from './testing/replay.ts';

const cases = fixtures();

test('the corpus is here', () => {
  expect(cases.length).toBeGreaterThanOrEqual(33);
  expect(cases.map(({ name }) => name)).toContain('v2_checkpoint_parquet');
});

describe.each(cases)('$name', ({ table, versions, numFiles, protocol, partitionColumns }) => {
  const store = localStore(table);
  const readable = versions.filter(({ error }) => !error);

  test('every version has the files, and the table, that its JSON commits make', async () => {
    for (const { version } of readable) {
      const expected = replay(table, version);
      if (!expected) continue;
      const snapshot = await openSnapshot(store, { version });
      const files = await allFiles(snapshot);
      expect(new Set(files.map(keyOf))).toEqual(new Set(expected.files.keys()));
      expect(files.length).toBe(expected.files.size);
      for (const file of files) {
        const add = expected.files.get(keyOf(file));
        expect(withoutStats(file)).toEqual({
          path: add?.['path'],
          sizeBytes: add?.['size'],
          modifiedAt: add?.['modificationTime'],
          partitionValues: add?.['partitionValues'],
          ...optional('deletionVector', add),
          ...optional('baseRowId', add),
          ...optional('defaultRowCommitVersion', add),
          ...optional('tags', add),
        });
        expect(parsed(file.stats)).toEqual(parsed(add?.['stats']));
      }
      const { metaData } = expected;
      expect(snapshot).toMatchObject({
        version,
        tableId: metaData['id'],
        schemaString: metaData['schemaString'],
        partitionColumns: metaData['partitionColumns'],
        createdAt: metaData['createdTime'],
        properties: metaData['configuration'],
        protocol: { readerFeatures: [], writerFeatures: [], ...expected.protocol },
      });
    }
  });

  test('every version has the rows that Spark counted', async () => {
    for (const { version, rowCount } of readable) {
      const files = await allFiles(await openSnapshot(store, { version }));
      // A table converted from Parquet has no statistics.
      if (files.some(({ stats }) => stats === undefined)) continue;
      const rows = files.map(
        ({ stats, deletionVector }) =>
          parsed(stats).numRecords - (deletionVector?.cardinality ?? 0),
      );
      expect(rows.reduce((sum, count) => sum + count, 0)).toBe(rowCount);
    }
  });

  test('every deletion vector holds as many rows as the log says', async () => {
    for (const { version } of readable) {
      const snapshot = await openSnapshot(store, { version });
      for (const { deletionVector, stats } of await allFiles(snapshot)) {
        if (!deletionVector) continue;
        const rows = await snapshot.deletedRows(deletionVector);
        expect(rows.length).toBe(deletionVector.cardinality);
        expect(rows).toEqual(rows.toSorted());
        expect(rows.at(-1) ?? 0).toBeLessThan(parsed(stats).numRecords);
      }
    }
  });

  test('the latest version is what Spark described', async () => {
    const snapshot = await openSnapshot(store);
    expect(snapshot.version).toBe(versions.at(-1)?.version);
    expect(snapshot.partitionColumns).toEqual(partitionColumns);
    expect(snapshot.protocol).toMatchObject({
      minReaderVersion: protocol.minReaderVersion,
      minWriterVersion: protocol.minWriterVersion,
    });
    const features = new Set([
      ...snapshot.protocol.readerFeatures,
      ...snapshot.protocol.writerFeatures,
    ]);
    // Spark names the features that an older protocol implies.
    if (features.size > 0) expect(features).toEqual(new Set(protocol.tableFeatures));
    expect((await allFiles(snapshot)).length).toBe(numFiles);
  });

  test('without statistics the files are the same', async () => {
    const snapshot = await openSnapshot(store);
    const bare = await allFiles(snapshot, false);
    const files = await allFiles(snapshot);
    expect(bare.map(withoutStats)).toEqual(files.map(withoutStats));
    expect(bare.filter(({ stats }) => stats !== undefined)).toEqual([]);
  });
});

test('versions that Spark can not rebuild are refused, and the oldest that can be is named', async () => {
  const { table, versions } = fixture('log_cleaned');
  const refused = versions.filter(({ error }) => error);
  expect(refused.map(({ version }) => version)).toEqual([0, 1, 2, 3, 4, 5]);
  for (const { version } of refused) {
    await expect(openSnapshot(localStore(table), { version })).rejects.toMatchObject({
      code: 'VERSION_NOT_FOUND',
      details: { version, earliest: 6, latest: 10 },
    });
  }
});

test('a partition value that is null is there, as null', async () => {
  const files = await allFiles(await openSnapshot(localStore(fixture('plain_partitioned').table)));
  const nulls = files.filter(({ partitionValues }) => partitionValues['part'] === null);
  expect(nulls.length).toBeGreaterThan(0);
});

test('statistics that a checkpoint holds in columns only come as JSON', async () => {
  const files = await allFiles(
    await openSnapshot(localStore(fixture('checkpoint_struct_stats').table)),
  );
  expect(files.length).toBe(16);
  for (const { stats } of files) {
    expect(parsed(stats)).toMatchObject({ numRecords: expect.any(Number) });
  }
});

async function allFiles(snapshot: TableSnapshot, stats = true): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for await (const batch of snapshot.files({ stats })) files.push(...batch);
  return files;
}

function withoutStats({ stats, ...file }: DataFile): Omit<DataFile, 'stats'> {
  return file;
}

function optional(name: string, add: Readonly<Record<string, unknown>> | undefined) {
  return add?.[name] === undefined || add[name] === null ? {} : { [name]: add[name] };
}

function parsed(stats: unknown) {
  return stats === undefined ? undefined : JSON.parse(String(stats));
}

import { describe, expect, test } from 'vitest';
import { type DataFile, isDeltaLogError, openSnapshot, type Store } from './index.ts';
import { type BrokenTable, brokenTable } from './testing/broken-table.ts';
import { memoryStore } from './testing/stores.ts';

const commit = (version: number) => `_delta_log/${String(version).padStart(20, '0')}.json`;
const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2);

/** Opens, lists every file and reads every deletion vector. */
async function readAll(store: Store, version?: number): Promise<DataFile[]> {
  const snapshot = await openSnapshot(store, version === undefined ? {} : { version });
  const files: DataFile[] = [];
  for await (const batch of snapshot.files()) files.push(...batch);
  for (const { deletionVector } of files) {
    if (deletionVector) await snapshot.deletedRows(deletionVector);
  }
  return files;
}

interface Case {
  readonly why: string;
  readonly table: string;
  readonly harm: (table: BrokenTable) => void;
  readonly version?: number;
  readonly code: string;
  readonly details: object;
}

const cases: readonly Case[] = [
  {
    why: 'a log folder that is empty',
    table: 'empty',
    harm: (table) => {
      table.remove(commit(0));
      table.remove(table.find(/\.crc$/));
    },
    code: 'TABLE_NOT_FOUND',
    details: {},
  },
  {
    why: 'a version that was never committed',
    table: 'plain_partitioned',
    harm: () => {},
    version: 5,
    code: 'VERSION_NOT_FOUND',
    details: { version: 5, earliest: 0, latest: 4 },
  },
  {
    why: 'a commit that is gone',
    table: 'plain_partitioned',
    harm: (table) => table.remove(commit(2)),
    code: 'LOG_GAP',
    details: { first: 2, last: 2 },
  },
  {
    why: 'a commit cut off in a line',
    table: 'plain_partitioned',
    harm: (table) => table.edit(commit(3), (bytes) => bytes.subarray(0, bytes.length - 40)),
    code: 'LOG_DAMAGED',
    details: { path: commit(3), line: expect.any(Number) },
  },
  {
    why: 'a commit cut off in its first line',
    table: 'plain_partitioned',
    harm: (table) => table.edit(commit(3), (bytes) => bytes.subarray(0, 60)),
    code: 'LOG_DAMAGED',
    details: { path: commit(3), line: 1 },
  },
  {
    why: 'a commit that is not JSON',
    table: 'plain_partitioned',
    harm: (table) => table.write(commit(2), 'not a commit\n'),
    code: 'LOG_DAMAGED',
    details: { path: commit(2), line: 1 },
  },
  {
    why: 'a line that is not JSON among others',
    table: 'plain_partitioned',
    harm: (table) =>
      table.edit(commit(2), (bytes) => Buffer.concat([bytes, Buffer.from('{oops}\n')])),
    code: 'LOG_DAMAGED',
    details: { path: commit(2), line: expect.any(Number) },
  },
  {
    why: 'bytes that are not UTF-8',
    table: 'plain_partitioned',
    harm: (table) =>
      table.edit(commit(2), (bytes) =>
        Buffer.concat([
          bytes,
          Buffer.from(
            '{"add":{"path":"\xff","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}\n',
            'latin1',
          ),
        ]),
      ),
    code: 'LOG_DAMAGED',
    details: { path: commit(2), line: expect.any(Number) },
  },
  {
    why: 'a size that is text',
    table: 'plain_partitioned',
    harm: (table) =>
      table.write(
        commit(2),
        '{"commitInfo":{}}\n{"add":{"path":"a","partitionValues":{},"size":"big","modificationTime":1,"dataChange":true}}\n',
      ),
    code: 'LOG_DAMAGED',
    details: { path: commit(2), line: 2 },
  },
  {
    why: 'a size below nothing',
    table: 'plain_partitioned',
    harm: (table) =>
      table.write(
        commit(2),
        '{"add":{"path":"a","partitionValues":{},"size":-1,"modificationTime":1,"dataChange":true}}',
      ),
    code: 'LOG_DAMAGED',
    details: { problem: 'it says that a has -1 bytes' },
  },
  {
    why: 'an add without a size',
    table: 'plain_partitioned',
    harm: (table) => table.write(commit(2), '\n\n{"add":{"path":"a","partitionValues":{}}}'),
    code: 'LOG_DAMAGED',
    details: { path: commit(2), line: 3 },
  },
  {
    why: 'a size that no JavaScript number holds',
    table: 'plain_partitioned',
    harm: (table) =>
      table.write(
        commit(2),
        '{"add":{"path":"a","partitionValues":{},"size":9007199254740993,"modificationTime":1,"dataChange":true}}',
      ),
    code: 'LOG_DAMAGED',
    details: { problem: expect.stringContaining('9007199254740993') },
  },
  {
    why: 'a log without metadata',
    table: 'empty',
    harm: (table) =>
      table.write(commit(0), '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n'),
    code: 'LOG_DAMAGED',
    details: { path: '_delta_log' },
  },
  {
    why: 'a schema that is not one',
    table: 'empty',
    harm: (table) =>
      table.edit(commit(0), (bytes) =>
        Buffer.from(
          Buffer.from(bytes)
            .toString()
            .replace(/\\"type\\":\\"struct\\"/, '\\"type\\":7'),
        ),
      ),
    code: 'LOG_DAMAGED',
    details: { path: '_delta_log' },
  },
  {
    why: 'a classic checkpoint cut in half',
    table: 'log_cleaned',
    harm: (table) => table.edit(table.find(/9\.checkpoint\.parquet$/), half),
    code: 'CHECKPOINT_DAMAGED',
    details: { path: '_delta_log/00000000000000000009.checkpoint.parquet' },
  },
  {
    why: 'a classic checkpoint with a page of zeros',
    table: 'log_cleaned',
    harm: (table) =>
      table.edit(table.find(/9\.checkpoint\.parquet$/), (bytes) =>
        bytes.fill(0, 4, bytes.length - 8 - Buffer.from(bytes).readUInt32LE(bytes.length - 8)),
      ),
    code: 'CHECKPOINT_DAMAGED',
    details: { path: '_delta_log/00000000000000000009.checkpoint.parquet' },
  },
  {
    why: 'a part of a checkpoint that is not Parquet',
    table: 'multipart_checkpoint',
    harm: (table) => table.write(table.find(/0000000002\.0000000004\.parquet$/), 'PAR1 no PAR1'),
    code: 'CHECKPOINT_DAMAGED',
    details: { path: expect.stringContaining('0000000002.0000000004.parquet') },
  },
  {
    why: 'the only base is a checkpoint that lacks a part',
    table: 'multipart_checkpoint',
    harm: (table) => {
      table.remove(table.find(/0000000003\.0000000004\.parquet$/));
      for (const version of [0, 1, 2]) table.remove(commit(version));
    },
    code: 'CHECKPOINT_INCOMPLETE',
    details: { version: 5, parts: 4, missing: [3] },
  },
  {
    why: 'a v2 checkpoint in JSON cut in half',
    table: 'v2_checkpoint_json',
    harm: (table) => table.edit(table.find(/8\.checkpoint\..*\.json$/), half),
    code: 'CHECKPOINT_DAMAGED',
    details: { path: expect.stringContaining('00000000000000000008.checkpoint.') },
  },
  {
    why: 'a sidecar that is gone',
    table: 'v2_checkpoint_parquet',
    harm: (table) => table.remove(table.find(/_sidecars\/0+8.*0000000003\.0000000004\./)),
    code: 'FILE_MISSING',
    details: { path: expect.stringMatching(/^_delta_log\/_sidecars\/.*0000000003\.0000000004\./) },
  },
  {
    why: 'a sidecar cut in half',
    table: 'v2_checkpoint_parquet',
    harm: (table) => table.edit(table.find(/_sidecars\/0+8.*0000000003\.0000000004\./), half),
    code: 'CHECKPOINT_DAMAGED',
    details: { path: expect.stringMatching(/^_delta_log\/_sidecars\//) },
  },
  {
    why: 'two reader features that nobody knows, and one that is known',
    table: 'empty',
    harm: (table) => protocol(table, ['deletionVectors', 'timeMachine', 'antigravity']),
    code: 'FEATURE_UNSUPPORTED',
    details: { features: ['timeMachine', 'antigravity'] },
  },
  {
    why: 'a table that only a catalog can read',
    table: 'empty',
    harm: (table) => protocol(table, ['catalogManaged']),
    code: 'FEATURE_UNSUPPORTED',
    details: { features: ['catalogManaged'] },
  },
  {
    why: 'a reader version of the future',
    table: 'empty',
    harm: (table) =>
      table.edit(commit(0), (bytes) =>
        Buffer.from(
          Buffer.from(bytes).toString().replace('"minReaderVersion":1', '"minReaderVersion":9'),
        ),
      ),
    code: 'FEATURE_UNSUPPORTED',
    details: { features: ['minReaderVersion 9'] },
  },
  {
    why: 'a deletion vector whose file is gone',
    table: 'change_data_feed_dv',
    harm: (table) => vectors(table, (path) => table.remove(path)),
    code: 'FILE_MISSING',
    details: { path: expect.stringMatching(/^deletion_vector_.*\.bin$/) },
  },
  ...[
    { why: 'whose length is wrong', at: 1, problem: /size mismatch/ },
    { why: 'whose magic number is wrong', at: 5, problem: /magic/ },
    { why: 'whose rows do not fit the checksum', at: 20, problem: /checksum/ },
  ].map(({ why, at, problem }) => ({
    why: `a deletion vector ${why}`,
    table: 'change_data_feed_dv',
    harm: (table: BrokenTable) =>
      vectors(table, (path) =>
        table.edit(path, (bytes) =>
          bytes.map((byte, index) => (index === at ? byte ^ 0xff : byte)),
        ),
      ),
    code: 'DELETION_VECTOR_DAMAGED',
    details: {
      path: expect.stringMatching(/^deletion_vector_/),
      problem: expect.stringMatching(problem),
    },
  })),
  {
    why: 'a deletion vector that is cut off',
    table: 'change_data_feed_dv',
    harm: (table) => vectors(table, (path) => table.edit(path, half)),
    code: 'DELETION_VECTOR_DAMAGED',
    details: { path: expect.stringMatching(/^deletion_vector_/) },
  },
  {
    why: 'a deletion vector with another number of rows than the log says',
    table: 'change_data_feed_dv',
    harm: (table) =>
      table.edit(commit(2), (bytes) =>
        Buffer.from(
          Buffer.from(bytes)
            .toString()
            .replace(/"cardinality":\d+/g, '"cardinality":77'),
        ),
      ),
    version: 2,
    code: 'DELETION_VECTOR_DAMAGED',
    details: { problem: expect.stringContaining('77') },
  },
];

function vectors(table: BrokenTable, harm: (path: string) => void): void {
  for (const path of table.findAll(/^deletion_vector.*\.bin$/)) harm(path);
}

function protocol(table: BrokenTable, features: readonly string[]): void {
  const action = {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: features,
    writerFeatures: [...features, 'inCommitTimestamp'],
  };
  table.edit(commit(0), (bytes) => {
    const lines = Buffer.from(bytes).toString().split('\n').filter(Boolean);
    const others = lines.filter((line) => !line.startsWith('{"protocol"'));
    const text = [...others, JSON.stringify({ protocol: action }), ''].join('\n');
    const timestamps = '"configuration":{"delta.enableInCommitTimestamps":"true",';
    return Buffer.from(text.replace('"configuration":{', timestamps));
  });
}

describe('damage is told by code and place', () => {
  test.each(cases)('$why: $code', async ({ table, harm, version, code, details }) => {
    const broken = brokenTable(table);
    try {
      await readAll(broken.store, version);
      harm(broken);
      await expect(readAll(broken.store, version)).rejects.toMatchObject({ code, details });
    } catch (error) {
      // The version that was never committed fails before the harm too.
      if (harm.length > 0) throw error;
      expect(error).toMatchObject({ code, details });
    } finally {
      broken[Symbol.dispose]();
    }
  });
});

test('an empty checkpoint was never written: the one before it is taken', async () => {
  const broken = brokenTable('log_cleaned');
  try {
    const before = await readAll(broken.store);
    broken.write(broken.find(/9\.checkpoint\.parquet$/), '');
    expect(new Set((await readAll(broken.store)).map(({ path }) => path))).toEqual(
      new Set(before.map(({ path }) => path)),
    );
  } finally {
    broken[Symbol.dispose]();
  }
});

test('a path that leads out of the table is not followed', async () => {
  const vector = { storageType: 'u', pathOrInlineDv: '../../ab^-aqEH.-t@S}K{vb[*k^' } as const;
  const broken = brokenTable('empty');
  try {
    const snapshot = await openSnapshot(broken.store);
    await expect(
      snapshot.deletedRows({ ...vector, sizeInBytes: 10, cardinality: 1 }),
    ).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  } finally {
    broken[Symbol.dispose]();
  }
});

test('the damage of one table does not touch another', async () => {
  const broken = brokenTable('plain_partitioned');
  try {
    const whole = await openSnapshot(broken.store);
    broken.write(commit(2), 'garbage');
    await expect(readAll(broken.store)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    let files = 0;
    for await (const batch of whole.files()) files += batch.length;
    expect(files).toBe(28);
  } finally {
    broken[Symbol.dispose]();
  }
});

test.each([-1, 0.5, Number.NaN, 2 ** 53])(
  'version %s is a mistake of the caller',
  async (version) => {
    await expect(openSnapshot(memoryStore({}), { version })).rejects.toThrow(TypeError);
  },
);

test.each([
  { table: 'log_cleaned', pattern: /9\.checkpoint\.parquet$/ },
  { table: 'v2_checkpoint_parquet', pattern: /_sidecars\/0+8.*0000000003\.0000000004\./ },
])(
  'no byte of a checkpoint of $table, changed, leads to anything but a DeltaLogError',
  async ({ table, pattern }) => {
    const broken = brokenTable(table);
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    try {
      const path = broken.find(pattern);
      const bytes = await broken.store.read(path);
      for (let at = 4; at < bytes.length; at += Math.ceil(bytes.length / 60)) {
        broken.write(
          path,
          bytes.map((byte, index) => (index === at ? byte ^ 0x5a : byte)),
        );
        try {
          await readAll(broken.store);
          count('read');
        } catch (error) {
          if (!isDeltaLogError(error)) throw error;
          count(error.code);
        }
      }
      expect(outcomes.get('CHECKPOINT_DAMAGED')).toBeGreaterThan(10);
    } finally {
      broken[Symbol.dispose]();
    }
  },
);

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { seeded } from '../../../test/support/seeded.ts';
import { plainSnapshot } from '../table-snapshot.ts';
import { memoryStore } from '../testing/stores.ts';
import { toldBy, toldByKernel } from '../testing/told.ts';
import { replayPlainLog } from './replay.ts';

const store = memoryStore({});
const folder = mkdtempSync(join(tmpdir(), 'asof-checkpoint-'));
const duckdb = await (await DuckDBInstance.create()).connect();

afterAll(() => {
  duckdb.closeSync();
  rmSync(folder, { recursive: true });
});

const types: Readonly<Record<string, string>> = {
  txn: 'STRUCT(appId VARCHAR, version BIGINT)',
  add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, tags MAP(VARCHAR, VARCHAR), deletionVector STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER, sizeInBytes INTEGER, cardinality BIGINT, maxRowIndex BIGINT), baseRowId BIGINT, defaultRowCommitVersion BIGINT, stats VARCHAR, stats_parsed STRUCT(numRecords BIGINT))',
  remove: 'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN)',
  metaData:
    'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
  protocol:
    'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[])',
};

interface Written {
  readonly types?: Readonly<Record<string, string>>;
  readonly options?: string;
}

/** A checkpoint of these actions. */
async function checkpointOf(
  actions: readonly object[],
  { types: own = {}, options = 'COMPRESSION snappy' }: Written = {},
): Promise<Uint8Array> {
  const [json, parquet] = [join(folder, 'actions.json'), join(folder, 'checkpoint.parquet')];
  writeFileSync(json, actions.map((action) => JSON.stringify(action)).join('\n'));
  const columns = Object.entries({ ...types, ...own }).map(([name, type]) => `${name}: '${type}'`);
  await duckdb.run(
    `COPY (SELECT * FROM read_json('${json}', format = 'newline_delimited', columns = {${columns.join(', ')}})) TO '${parquet}' (FORMAT parquet, ${options})`,
  );
  return new Uint8Array(readFileSync(parquet));
}

const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
const withFeatures = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['deletionVectors'],
  writerFeatures: ['deletionVectors', 'appendOnly'],
};
const metaData = {
  id: 'i',
  format: { provider: 'parquet', options: {} },
  schemaString:
    '{"type":"struct","fields":[{"name":"p","type":"string","nullable":true,"metadata":{}},{"name":"q","type":"string","nullable":true,"metadata":{}}]}',
  partitionColumns: ['p', 'q'],
  configuration: { 'delta.appendOnly': 'false', 'x.é': '' },
  createdTime: 7,
};
const opening = [{ protocol }, { metaData }];

function add(fields: object) {
  const partitionValues = { p: 'x', q: null };
  return {
    add: { path: 'a', partitionValues, size: 1, modificationTime: 2, dataChange: false, ...fields },
  };
}

const deletionVector = {
  storageType: 'u',
  pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
  offset: 4,
  sizeInBytes: 40,
  cardinality: 6,
};

test.each([
  { what: 'without files', actions: opening },
  { what: 'with a file', actions: [...opening, add({})] },
  { what: 'with its actions in another order', actions: [add({}), { metaData }, { protocol }] },
  { what: 'with features', actions: [{ protocol: withFeatures }, { metaData }, add({})] },
  {
    what: 'with texts beyond ASCII',
    actions: [
      ...opening,
      add({ partitionValues: { p: 'ü', q: '𝄞 x' }, stats: '{"minValues":{"p":"日本"}}' }),
      add({ path: 'b', stats: '{"numRecords":1}', tags: { é: '\u0000', t: null } }),
    ],
  },
  {
    what: 'with deletion vectors',
    actions: [
      { protocol: withFeatures },
      { metaData },
      add({ deletionVector }),
      add({}),
      add({ deletionVector: { ...deletionVector, storageType: 'i', offset: null } }),
    ],
  },
  {
    what: 'with fields that few files have',
    actions: [
      ...opening,
      add({ baseRowId: 0, defaultRowCommitVersion: 5 }),
      add({ path: 'b', stats: '' }),
      add({ path: 'c', tags: {} }),
    ],
  },
  {
    what: 'with removed files and transactions in between',
    actions: [
      { txn: { appId: 'x', version: 1 } },
      add({}),
      { remove: { path: 'a', dataChange: true } },
      ...opening,
      {},
      add({ path: 'b' }),
      { remove: { path: 'c', dataChange: true } },
    ],
  },
])('a checkpoint $what is replayed as by the kernel', async ({ actions }) => {
  for (const options of ['COMPRESSION snappy', 'COMPRESSION uncompressed']) {
    const checkpoint = await checkpointOf(actions, { options });
    const log = { version: 4, checkpoint, commits: [] };
    const replayed = replayPlainLog(log);
    if (!replayed) throw new Error('It is not plain.');
    expect(await toldBy(plainSnapshot(replayed, store))).toEqual(await toldByKernel(log));
  }
});

const sidecar = {
  sidecar:
    'STRUCT(tags MAP(VARCHAR, VARCHAR), path VARCHAR, sizeInBytes BIGINT, modificationTime BIGINT)',
};

test.each([
  { what: 'no protocol', actions: [{ metaData }, add({})] },
  { what: 'no metadata', actions: [{ protocol }, add({})] },
  { what: 'two protocols', actions: [...opening, { protocol }] },
  { what: 'two tables', actions: [...opening, { metaData }] },
  { what: 'a file twice', actions: [...opening, add({}), add({ size: 2 })] },
  {
    what: 'a path that could be spelt in another way',
    actions: [...opening, add({ path: '%41' })],
  },
  { what: 'a negative size', actions: [...opening, add({ size: -1 })] },
  { what: 'no size', actions: [...opening, add({ size: null })] },
  { what: 'a negative row id', actions: [...opening, add({ baseRowId: -1 })] },
  {
    what: 'another kind of deletion vector',
    actions: [...opening, add({ deletionVector: { ...deletionVector, storageType: 'x' } })],
  },
  { what: 'no path', actions: [...opening, add({ path: null })] },
  { what: 'no partition values', actions: [...opening, add({ partitionValues: null })] },
  {
    what: 'a map with __proto__',
    actions: [...opening, add({ tags: JSON.parse('{"__proto__":"x"}') })],
  },
  { what: 'a map with a number as a name', actions: [...opening, add({ tags: { 1000: 'x' } })] },
  { what: 'a number beyond 53 bits', actions: [...opening, add({ baseRowId: 2 ** 53 })] },
  {
    what: 'a null in a list',
    actions: [{ protocol }, { metaData: { ...metaData, partitionColumns: [null] } }],
  },
  {
    what: 'half of a surrogate pair in its schema',
    actions: [
      { protocol },
      {
        metaData: {
          ...metaData,
          partitionColumns: ['p'],
          schemaString: metaData.schemaString.replace('"q"', '"\\ud800"'),
        },
      },
    ],
  },
  { what: 'sidecars', actions: [...opening, { sidecar: { path: 'x' } }], types: sidecar },
  {
    what: 'room for sidecars, but not for their times',
    actions: opening,
    types: { sidecar: 'STRUCT(path VARCHAR, sizeInBytes BIGINT)' },
  },
  {
    what: 'no room for sizes',
    actions: opening,
    types: { add: types['add']?.replace('size BIGINT, ', '') ?? '' },
  },
  {
    what: 'no room for the sizes of deletion vectors',
    actions: [...opening, add({})],
    types: { add: types['add']?.replace('sizeInBytes INTEGER, ', '') ?? '' },
  },
  { what: 'another action', actions: opening, types: { cdc: 'STRUCT(path VARCHAR)' } },
  {
    what: 'another type',
    actions: opening,
    types: {
      txn: 'STRUCT(appId VARCHAR)',
      add: types['add']?.replace('size BIGINT', 'size INTEGER') ?? '',
    },
  },
  {
    what: 'a time as its type',
    actions: opening,
    types: { add: types['add']?.replace('size BIGINT', 'size TIMESTAMP') ?? '' },
  },
  {
    what: 'another field',
    actions: opening,
    types: {
      add: types['add']?.replace('stats VARCHAR,', 'stats VARCHAR, constructor VARCHAR,') ?? '',
    },
  },
  {
    what: 'statistics in columns alone',
    actions: opening,
    types: { add: types['add']?.replace('stats VARCHAR,', '') ?? '' },
  },
  {
    what: 'pages of the second version',
    actions: [...opening, add({})],
    options: 'PARQUET_VERSION v2',
  },
  { what: 'another codec', actions: [...opening, add({})], options: 'COMPRESSION zstd' },
  {
    what: 'more files than pay',
    actions: [...opening, ...Array.from({ length: 33_000 }, (_, n) => add({ path: `${n}` }))],
  },
])('a checkpoint with $what is the kernel’s', async ({ actions, ...written }) => {
  const checkpoint = await checkpointOf(actions, written);
  expect(replayPlainLog({ version: 4, checkpoint, commits: [] })).toBeUndefined();
});

test('a checkpoint without sidecars may have room for them', async () => {
  const checkpoint = await checkpointOf([...opening, add({})], { types: sidecar });
  const log = { version: 4, checkpoint, commits: [] };
  const replayed = replayPlainLog(log);
  if (!replayed) throw new Error('It is not plain.');
  expect(await toldBy(plainSnapshot(replayed, store))).toEqual(await toldByKernel(log));
});

test('what commits say after a checkpoint counts', async () => {
  const files = ['a', 'b', 'c', 'd'].map((path) => add({ path }));
  const checkpoint = await checkpointOf([...opening, ...files]);
  const lines = (...actions: object[]) =>
    Buffer.from(actions.map((action) => JSON.stringify(action)).join('\n'));
  const commits = [
    lines({ remove: { path: 'b', dataChange: true } }, add({ path: 'e' })),
    lines(
      add({ path: 'c', size: 9 }),
      { protocol: withFeatures },
      { metaData: { ...metaData, id: 'j' } },
    ),
    lines({ remove: { path: 'e', dataChange: true } }),
  ];
  const log = { version: 7, checkpoint, commits };
  const replayed = replayPlainLog(log);
  if (!replayed) throw new Error('It is not plain.');
  expect(replayed.files.map(({ path }) => path)).toEqual(['c', 'a', 'd']);
  expect(await toldBy(plainSnapshot(replayed, store))).toEqual(await toldByKernel(log));
});

// More of them: ASOF_LOG_CHANGES=1000 ASOF_LOG_SEED=7 npx vitest run deltalake-js/js/plain
test('a checkpoint of many files is replayed as by the kernel, however it is written', async () => {
  const rounds = Number(process.env['ASOF_LOG_CHANGES'] ?? 1500) / 100;
  const chance = seeded(Number(process.env['ASOF_LOG_SEED'] ?? 1));
  const text = () =>
    chance.pick(['', 'x', 'ü', 'x'.repeat(chance.below(300)), `${chance.below(99)}`]);
  const map = () => chance.pick([{}, { p: text() }, { p: null, q: text() }]);
  for (let round = 0; round < rounds; round += 1) {
    const actions: object[] = [...opening];
    const files = chance.below(chance.pick([10, 3000, 9000]));
    for (let file = 0; file < files; file += 1) {
      actions.push(
        add({
          path: `p=${chance.below(9)}/part-${file}.parquet`,
          partitionValues: map(),
          size: chance.below(2 ** 31) * chance.pick([1, 2 ** 20]),
          modificationTime: chance.pick([1, chance.below(2 ** 30)]),
          ...(chance.happens(0.5) && { stats: text() }),
          ...(chance.happens(0.1) && { tags: map() }),
          ...(chance.happens(0.1) && { deletionVector }),
          ...(chance.happens(0.1) && { baseRowId: file }),
        }),
      );
      if (chance.happens(0.1)) actions.push({ remove: { path: text(), dataChange: true } });
    }
    const options = [
      `COMPRESSION ${chance.pick(['snappy', 'uncompressed'])}`,
      `ROW_GROUP_SIZE ${chance.pick([2048, 4096, 100_000])}`,
      `DICTIONARY_SIZE_LIMIT ${chance.pick([1, 100, 100_000])}`,
    ].join(', ');
    const log = { version: 4, checkpoint: await checkpointOf(actions, { options }), commits: [] };
    const replayed = replayPlainLog(log);
    if (!replayed) throw new Error(`Round ${round} is not plain: ${options}`);
    expect(replayed.files).toHaveLength(files);
    expect(await toldBy(plainSnapshot(replayed, store)), options).toEqual(await toldByKernel(log));
  }
});

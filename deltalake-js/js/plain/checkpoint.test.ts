import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { seeded } from '../../../test/support/seeded.ts';
import { plainSnapshot } from '../table-snapshot.ts';
import { longs, parquetFile, texts, type WrittenField } from '../testing/parquet-file.ts';
import { memoryStore } from '../testing/stores.ts';
import { toldBy, toldByKernel } from '../testing/told.ts';
import { openCheckpoint } from './checkpoint.ts';
import { unlessInDoubt } from './doubt.ts';
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

const sidecar = { sidecar: 'STRUCT(tags MAP(VARCHAR, VARCHAR), path VARCHAR, sizeInBytes BIGINT)' };

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
  expect(replayPlainLog({ version: 4, checkpoint, commits: [] })?.files).toHaveLength(1);
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

const [int32, int64, byteArray, utf8, map] = [1, 2, 6, 0, 1];

function textField(
  name: string,
  definitions: readonly number[],
  ...values: string[]
): WrittenField {
  const page = { definitions, values: texts(...values), size: definitions.length };
  return { name, type: byteArray, converted: utf8, pages: [page] };
}

function longField(
  name: string,
  definitions: readonly number[],
  ...values: bigint[]
): WrittenField {
  const page = { definitions, values: longs(...values), size: definitions.length };
  return { name, type: int64, pages: [page] };
}

interface Entries {
  readonly repetitions: readonly number[];
  readonly definitions: readonly number[];
  readonly texts: readonly string[];
}

function mapField(
  name: string,
  keys: Entries,
  values: Entries,
  ofKeys: 'required' | 'optional' = 'required',
): WrittenField {
  const columns = [
    ['key', ofKeys, keys],
    ['value', 'optional', values],
  ] as const;
  const fields = columns.map(([name, repetition, entries]) => ({
    ...textField(name, entries.definitions, ...entries.texts),
    repetition,
    pages: [{ ...entries, values: texts(...entries.texts), size: entries.definitions.length }],
  }));
  return { name, converted: map, fields: [{ name: 'key_value', repetition: 'repeated', fields }] };
}

/** What adds say, in three rows of which the second has none. */
function addsOf(...fields: readonly WrittenField[]) {
  const none = [0, 0, 0];
  const int = { definitions: none, values: new Uint8Array(), size: 3 };
  const file = parquetFile(3, [
    { name: 'protocol', fields: [{ name: 'minReaderVersion', type: int32, pages: [int] }] },
    { name: 'metaData', fields: [textField('id', none)] },
    { name: 'add', fields },
  ]);
  return unlessInDoubt(() => openCheckpoint(file).readAdds().columns);
}

const paths = textField('path', [2, 0, 2], 'a', 'b');

test('the fields of a checkpoint are put together', () => {
  const keys = { repetitions: [0, 0, 0, 1], definitions: [3, 0, 3, 3], texts: ['p', 'p', 'q'] };
  const values = { repetitions: [0, 0, 0, 1], definitions: [4, 0, 3, 4], texts: ['x', 'y'] };
  const columns = [paths, longField('size', [1, 0, 2], 7n), longField('baseRowId', [1, 0, 1])];
  expect(addsOf(...columns, mapField('partitionValues', keys, values))).toEqual({
    path: ['a', 'b'],
    size: [null, 7],
    partitionValues: [{ p: 'x' }, { p: null, q: 'y' }],
  });
  const none = { repetitions: [0, 0, 0], definitions: [2, 0, 2], texts: [] };
  expect(addsOf(paths, mapField('tags', none, none))).toEqual({ path: ['a', 'b'], tags: [{}, {}] });
});

const entries = { repetitions: [0, 0, 0], definitions: [3, 0, 2], texts: ['p'] };
const nulls = { ...entries, texts: [] };

test.each([
  { what: 'a value where no file is', fields: [longField('size', [2, 2, 0], 1n, 2n)] },
  { what: 'a value less than files', fields: [longField('size', [2, 0, 0], 1n)] },
  { what: 'a file without a path', fields: [textField('path', [2, 1, 0], 'a')], alone: true },
  {
    what: 'a map where no file is',
    fields: [
      mapField(
        'tags',
        { ...entries, definitions: [3, 2, 0] },
        { ...nulls, definitions: [3, 2, 0] },
      ),
    ],
  },
  {
    what: 'keys and values in other rows',
    fields: [mapField('tags', entries, { ...nulls, definitions: [2, 0, 3] })],
  },
  {
    what: 'more keys than values',
    fields: [mapField('tags', entries, { repetitions: [0, 0], definitions: [3, 0], texts: [] })],
  },
  {
    what: 'a null as a key',
    fields: [mapField('tags', nulls, nulls, 'optional')],
  },
  {
    what: 'a row too few in a map',
    fields: [
      mapField(
        'tags',
        { repetitions: [0, 0], definitions: [3, 0], texts: ['p'] },
        { repetitions: [0, 0], definitions: [3, 0], texts: [] },
      ),
    ],
  },
  { what: 'a level above the highest', fields: [longField('size', [3, 0, 2], 7n)] },
  {
    what: 'a row too many in a map',
    fields: [
      mapField(
        'tags',
        { ...entries, repetitions: [0, 0, 0, 0], definitions: [3, 0, 2, 2] },
        { ...nulls, repetitions: [0, 0, 0, 0], definitions: [3, 0, 2, 2] },
      ),
    ],
  },
  {
    what: 'an empty map that goes on',
    fields: [
      mapField(
        'tags',
        { repetitions: [0, 1, 0, 0], definitions: [2, 3, 0, 2], texts: ['p'] },
        { repetitions: [0, 1, 0, 0], definitions: [2, 3, 0, 2], texts: [] },
      ),
    ],
  },
  {
    what: 'empty maps that are in one row',
    fields: [
      mapField(
        'tags',
        { repetitions: [0, 0, 1], definitions: [2, 0, 2], texts: [] },
        { repetitions: [0, 0, 1], definitions: [2, 0, 2], texts: [] },
      ),
    ],
  },
])('a checkpoint that has $what is a doubt', ({ fields, alone }) => {
  expect(addsOf(...(alone ? [] : [paths]), ...fields)).toBeUndefined();
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

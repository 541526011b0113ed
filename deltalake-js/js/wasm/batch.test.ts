import { expect, test } from 'vitest';
import { justBefore } from '../log-file.ts';
import { openSnapshot } from '../open-snapshot.ts';
import { memoryStore } from '../testing/stores.ts';

const protocol = '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}';
/** Only the kernel passes over it. */
const unheardOf = '{"unheardOf":{}}';
const schema = JSON.stringify({
  type: 'struct',
  fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }],
});
const metaData = {
  id: 'i',
  format: { provider: 'parquet', options: {} },
  schemaString: schema,
  partitionColumns: [],
  configuration: {},
};

/** What comes out for add actions, by their paths. */
async function listed(...adds: readonly object[]) {
  const lines = [
    unheardOf,
    protocol,
    JSON.stringify({ metaData }),
    ...adds.map((add) => JSON.stringify({ add })),
  ];
  const store = memoryStore({ [`_delta_log/${justBefore(0)}.json`]: lines.join('\n') });
  const files = [];
  for await (const batch of (await openSnapshot(store)).files()) files.push(...batch);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function anAdd(parts: object) {
  return {
    path: 'p',
    partitionValues: {},
    size: 1,
    modificationTime: 2,
    dataChange: true,
    ...parts,
  };
}

test('text of every kind comes out as it went in', async () => {
  const texts = [
    '',
    'ascii',
    'ümläut',
    '日本語',
    '😀👩‍👩‍👧',
    '\ufeffmark',
    'line\nbreak "quoted" \\',
    'x'.repeat(5000),
  ];
  const adds = texts.map((text, index) =>
    anAdd({ path: `${index}${text}`, stats: text, partitionValues: { [`k${text}`]: text } }),
  );
  expect(await listed(...adds)).toEqual(
    texts.map((text, index) => ({
      path: `${index}${text}`,
      sizeBytes: 1,
      modifiedAt: 2,
      partitionValues: { [`k${text}`]: text },
      stats: text,
    })),
  );
});

test('rows with and without the optional parts follow one another', async () => {
  const vector = { storageType: 'i', pathOrInlineDv: 'abc', sizeInBytes: 3, cardinality: 4 };
  const files = await listed(
    anAdd({ path: 'a' }),
    anAdd({ path: 'b', deletionVector: vector, tags: { t: '1', none: null }, baseRowId: 0 }),
    anAdd({ path: 'c', deletionVector: { ...vector, storageType: 'u', offset: 0 } }),
    anAdd({
      path: 'd',
      stats: '{}',
      defaultRowCommitVersion: 0,
      partitionValues: { a: null, b: '' },
    }),
  );
  const bare = { sizeBytes: 1, modifiedAt: 2, partitionValues: {} };
  expect(files).toEqual([
    { ...bare, path: 'a' },
    { ...bare, path: 'b', deletionVector: vector, tags: { t: '1', none: null }, baseRowId: 0 },
    { ...bare, path: 'c', deletionVector: { ...vector, storageType: 'u', offset: 0 } },
    {
      ...bare,
      path: 'd',
      stats: '{}',
      defaultRowCommitVersion: 0,
      partitionValues: { a: null, b: '' },
    },
  ]);
});

test('a column may have the name of a trap', async () => {
  const partitionValues = JSON.parse('{"__proto__":"x","constructor":"y"}');
  const [file] = await listed(anAdd({ partitionValues }));
  expect(Object.entries(file?.partitionValues ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Chance, seeded } from '../../../test/support/seeded.ts';
import { listLog, logSegment, openSnapshot } from '../index.ts';
import { localStore } from '../node.ts';
import { plainSnapshot } from '../table-snapshot.ts';
import { fixture, fixtures } from '../testing/fixtures.ts';
import { memoryStore } from '../testing/stores.ts';
import { toldBy, toldByKernel } from '../testing/told.ts';
import { useWasm, wasmModule } from '../wasm-module.ts';
import { type PlainLog, replayPlainLog } from './replay.ts';

const store = memoryStore({});
const moduleFile = fileURLToPath(new URL('../../wasm/deltalake.wasm', import.meta.url));

test('a plain log of the corpus is replayed as by the kernel', async () => {
  const [plain, withCheckpoint, others] = [new Set(), new Set(), new Set()];
  for (const { name, log } of await logs()) {
    const replayed = replayPlainLog(log);
    (!replayed ? others : log.checkpoint ? withCheckpoint : plain).add(name);
    if (replayed) {
      expect(await toldBy(plainSnapshot(replayed, store)), name).toEqual(await toldByKernel(log));
    }
  }
  expect(plain.size).toBeGreaterThan(120);
  expect(withCheckpoint.size).toBeGreaterThan(20);
  expect(others.size).toBeGreaterThan(60);
});

// More of them: ASOF_LOG_CHANGES=20000 ASOF_LOG_SEED=7 npx vitest run deltalake-js/js/plain
test('a log with one thing changed is replayed as by the kernel, or not at all', async () => {
  const plain = (await plainLogs()).filter(({ log }) => log.commits.length > 0);
  const rounds = Number(process.env['ASOF_LOG_CHANGES'] ?? 1500);
  const chance = seeded(Number(process.env['ASOF_LOG_SEED'] ?? 1));
  let compared = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { name, log } = chance.pick(plain);
    const commits = log.commits.slice();
    const place = chance.below(commits.length);
    commits[place] = withChange(commits[place] as Uint8Array, chance);
    const changed = { ...log, commits };
    const replayed = replayPlainLog(changed);
    if (!replayed) continue;
    compared += 1;
    const text = Buffer.from(commits[place]).toString();
    const told = await toldBy(plainSnapshot(replayed, store));
    expect(told, `${name}, round ${round}: ${text}`).toEqual(await toldByKernel(changed));
  }
  expect(compared).toBeGreaterThan(rounds / 5);
});

test('a checkpoint with a byte changed is replayed as by the kernel, as without the change, or not at all', async () => {
  const plain = (await plainLogs()).filter(({ log }) => log.checkpoint);
  const rounds = Number(process.env['ASOF_LOG_CHANGES'] ?? 1500);
  const chance = seeded(Number(process.env['ASOF_LOG_SEED'] ?? 1));
  let [compared, refused] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const { name, log } = chance.pick(plain);
    const checkpoint = Uint8Array.from(log.checkpoint ?? []);
    const place = chance.below(checkpoint.length);
    checkpoint[place] = chance.below(256);
    const replayed = replayPlainLog({ ...log, checkpoint });
    if (!replayed) continue;
    const told = await toldBy(plainSnapshot(replayed, store));
    let expected = await toldByKernel({ ...log, checkpoint }).catch(() => undefined);
    if (expected) compared += 1;
    else refused += 1;
    // It minds what is not read, too.
    expected ??= await toldByKernel(log);
    expect(told, `${name}, byte ${place}: ${checkpoint[place]}`).toEqual(expected);
  }
  expect(compared).toBeGreaterThan(rounds / 3);
  expect(refused).toBeGreaterThan(0);
});

test.each([
  { what: 'a path that ends in a slash', last: () => [added({ path: 'a/' }), removed('a')] },
  { what: 'a deletion vector that ends as with an offset', last: () => vectors },
  { what: '-0', last: () => [spelt({}, '"size":1', '"size":-0')] },
  { what: 'a name twice in a map', last: () => [spelt({ p: 'x' }, '{"p"', '{"p":{},"p"')] },
  { what: 'a name twice in a schema', last: () => [metadata('"name":"b","name":"a"')] },
  { what: 'row tracking that is suspended', last: () => [suspended] },
  { what: 'a deep value', last: () => [metadata('"name":"a"').replace('{"id"', deep)] },
  { what: 'half a surrogate pair', last: () => [metadata('"name":"\\u005cud83d"')] },
])('$what is replayed as by the kernel, or not at all', async ({ last }) => {
  const lines = [...opening.map((action) => JSON.stringify(action)), ...last()];
  const log = only(lines);
  const replayed = replayPlainLog(log);
  const told = replayed && (await toldBy(plainSnapshot(replayed, store)));
  const expected = await toldByKernel(log).catch(() => undefined);
  expect(told).toEqual(told && expected);
});

test('a plain log needs no module but for its deletion vectors', async () => {
  await wasmModule();
  using _ = { [Symbol.dispose]: () => useWasm(readFileSync(moduleFile)) };
  useWasm(Promise.reject(new Error('no module')));
  const store = localStore(fixture('deletion_vectors').table);
  const snapshot = await openSnapshot(store, { version: 3 });
  const { all } = await toldBy(snapshot);
  const vector = all.find(({ deletionVector }) => deletionVector)?.deletionVector;
  if (!vector) throw new Error('no file has a deletion vector');
  await expect(snapshot.deletedRows(vector)).rejects.toThrow('no module');
  const other = await openSnapshot(localStore(fixture('column_mapping_name').table)).catch(String);
  expect(other).toContain('no module');
});

test('files come in batches, and an abort ends them', async () => {
  const adds = Array.from({ length: 5000 }, (_, number) => added({ path: `${number}.parquet` }));
  const lines = [...opening.map((action) => JSON.stringify(action)), ...adds];
  const replayed = replayPlainLog(only(lines));
  if (!replayed) throw new Error('the log is not plain');
  const snapshot = plainSnapshot(replayed, store);
  const lengths = [];
  for await (const batch of snapshot.files()) lengths.push(batch.length);
  expect(lengths).toEqual([4096, 904]);
  const abort = new AbortController();
  await expect(async () => {
    for await (const _ of snapshot.files({ signal: abort.signal })) abort.abort();
  }).rejects.toThrow('aborted');
});

const opening = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'i',
      format: { provider: 'parquet', options: {} },
      schemaString:
        '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}',
      partitionColumns: [],
      configuration: {},
    },
  },
];

function added(fields: object): string {
  const file = { path: 'a', partitionValues: {}, size: 1, modificationTime: 2, dataChange: true };
  return JSON.stringify({ add: { ...file, ...fields } });
}

function removed(path: string, fields?: object): string {
  return JSON.stringify({ remove: { path, dataChange: true, ...fields } });
}

const [offset, at] = [{ pathOrInlineDv: 'x', offset: 1 }, { pathOrInlineDv: 'x@1' }].map(
  (vector) => ({
    deletionVector: { storageType: 'u', sizeInBytes: 1, cardinality: 1, ...vector },
  }),
);
const vectors = [added({ ...offset }), removed('a', at)];

function spelt(partitionValues: object, text: string, other: string): string {
  return added({ partitionValues }).replace(text, other);
}

const suspended = metadata('"name":"a"').replace(
  '"configuration":{}',
  '"configuration":{"delta.enableRowTracking":"true","delta.rowTrackingSuspended":"true"}',
);

const deep = `{"added":${'['.repeat(9000)}${']'.repeat(9000)},"id"`;

/** A schema whose one column has this name. */
function metadata(name: string): string {
  return JSON.stringify(opening[1]).replace('\\"name\\":\\"a\\"', () =>
    name.replaceAll('"', '\\"'),
  );
}

/** Version 0, of these lines. */
function only(lines: readonly string[]): PlainLog {
  return { version: 0, checkpoint: undefined, commits: [Buffer.from(lines.join('\n'))] };
}

interface Log {
  readonly name: string;
  readonly log: PlainLog;
}

async function plainLogs(): Promise<readonly Log[]> {
  return (await logs()).filter(({ log }) => replayPlainLog(log) !== undefined);
}

/** Those of every version of the corpus that needs no checkpoint, or one of one file. */
async function logs(): Promise<readonly Log[]> {
  const found: Log[] = [];
  for (const { name, table, versions } of fixtures()) {
    const files = localStore(table);
    const listing = await listLog(files, { whole: true });
    for (const { version, error } of versions) {
      if (error) continue;
      const { checkpoint, commits } = logSegment(listing, version);
      if (checkpoint && checkpoint.kind !== 'classic') continue;
      const read = ({ path }: { path: string }) => files.read(path);
      const log = {
        version,
        checkpoint: checkpoint?.files[0] && (await read(checkpoint.files[0])),
        commits: await Promise.all(commits.map(read)),
      };
      found.push({ name: `${name}@v${version}${checkpoint ? ' cp' : ''}`, log });
    }
  }
  return found;
}

/** One thing in one line of a commit is another, or the lines are in another order. */
function withChange(commit: Uint8Array, chance: Chance): Uint8Array {
  const lines = Buffer.from(commit).toString().split('\n').filter(Boolean);
  const place = chance.below(lines.length);
  const line = lines[place] as string;
  switch (chance.below(7)) {
    case 0:
      lines.splice(chance.below(lines.length + 1), 0, chance.pick(lines));
      break;
    case 1:
      lines.reverse();
      break;
    case 2: {
      const bytes = Buffer.from(line);
      bytes[chance.below(bytes.length)] = chance.pick([...Buffer.from('x"{}[],:\\0 9-%/.\u0001')]);
      return Buffer.concat([Buffer.from(lines.with(place, '').join('\n')), bytes]);
    }
    case 3: {
      // A name twice: the last one counts.
      const [one, name, value] = chance.pick([...line.matchAll(/("\w+":)("[^"\\]*"|\d+|\w+)/g)]);
      const other = chance.pick(['"x"', '7', 'true', '{}', value]);
      lines[place] = line.replace(one, () => `${name}${other},${one}`);
      break;
    }
    default:
      lines[place] = JSON.stringify(changed(JSON.parse(line), chance));
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

const strangers = [
  null,
  true,
  0,
  -1,
  1.5,
  1e3,
  2 ** 31,
  2 ** 53,
  '',
  'x',
  '1',
  'a b',
  'a%20b',
  '../a',
  './a',
  'a//b',
  'decimal(39,0)',
  'timestamp_ntz',
  'variant',
  [],
  ['x'],
  {},
  { x: null },
  { x: '1' },
];

/** A value that differs in one place, deep in it. */
function changed(value: unknown, chance: Chance): unknown {
  if (typeof value === 'string' && value.startsWith('{') && chance.happens(0.9)) {
    return JSON.stringify(changed(JSON.parse(value), chance));
  }
  const isLeaf = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  if (isLeaf || chance.happens(0.05)) return chance.pick(strangers);
  const copy = structuredClone(value) as Record<string, unknown>;
  const key = chance.pick(Object.keys(copy));
  const act = chance.below(12);
  if (act === 0 && !Array.isArray(copy)) delete copy[key];
  else if (act === 1) copy['added'] = chance.pick(strangers);
  else copy[key] = changed(copy[key], chance);
  return copy;
}

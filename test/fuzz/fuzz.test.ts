import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { isLineageError } from '../../src/base/errors.ts';
import { duckdbReader } from '../../src/delta/duckdb/duckdb-reader.ts';
import { localTableStore } from '../../src/delta/log/local-table-store.ts';
import { logHistory } from '../../src/delta/log/log-history.ts';
import { logSnapshots } from '../../src/delta/log/log-snapshots.ts';
import type { TableStore } from '../../src/delta/log/table-store.ts';
import { seeded } from '../support/seeded.ts';
import { copyTable, tableCase, tableNames } from '../support/tables.ts';
import { damages, flipped, strayNames } from './damage.ts';
import { overlay } from './overlay-store.ts';

// Damages the logs of the corpus at random, and sees that each answer is an error of the catalogue or what the undamaged log says. Longer:
//
//     ASOF_FUZZ=20000 ASOF_FUZZ_SEED=7 npx vitest run test/fuzz

const inputs = Number(process.env['ASOF_FUZZ'] ?? 600);
const seed = Number(process.env['ASOF_FUZZ_SEED'] ?? 1);

const tables = tableNames.map((name) => {
  const root = join('fixtures/delta-tables', name, 'table');
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const versions = tableCase(name).versions.filter(({ error }) => error === undefined);
  return { name, root, paths, versions: versions.map(({ version }) => version) };
});

/** All that reading a version takes from its log; statistics stay out, since rows do not depend on them. */
async function answerOf(store: TableStore, version: number): Promise<string> {
  const snapshot = await logSnapshots(store, 't').at(version);
  const { tableId, protocol, schema, partitionColumns, properties } = snapshot;
  const files: string[] = [];
  for await (const batch of snapshot.files()) {
    for (const { path, sizeBytes, modifiedAt, partitionValues, deletionVector } of batch) {
      const rows = deletionVector && [...(await snapshot.deletedRows(deletionVector))];
      files.push(canonicalJson([path, sizeBytes, modifiedAt, partitionValues, rows ?? null]));
    }
  }
  return canonicalJson({
    tableId,
    protocol,
    schema,
    partitionColumns,
    properties,
    files: files.sort(),
  });
}

async function outcomeOf(
  store: TableStore,
  version: number,
): Promise<{ answer: string } | { code: string }> {
  try {
    return { answer: await answerOf(store, version) };
  } catch (error) {
    if (isLineageError(error)) return { code: error.code };
    throw error;
  }
}

/** A history tells of what it can; it has to end, and to fail by name. */
async function readHistory(store: TableStore): Promise<void> {
  try {
    for await (const _ of logHistory(store, 't', Date.now).commits({ limit: 20 }));
  } catch (error) {
    if (!isLineageError(error)) throw error;
  }
}

describe('a damaged log gives an error of the catalogue, or what the undamaged one gives', () => {
  const outcomes = new Map<string, number>();
  const tell = (outcome: string): undefined => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  const undamaged = new Map<string, Promise<string>>();
  let tried = 0;
  afterAll(() => {
    const sorted = [...outcomes].sort(([, a], [, b]) => b - a);
    console.log(
      `${tried} damaged logs tried: ${sorted.map(([name, count]) => `${count} ${name}`).join(', ')}`,
    );
  });

  async function tryOne(
    { name, root, versions }: (typeof tables)[number],
    files: ReadonlyMap<string, Uint8Array | undefined>,
    about: {
      readonly damage: string;
      readonly oracle: 'told' | 'survived';
      readonly input: number;
    },
    version: number,
  ) {
    const under = localTableStore(root);
    const key = `${name} ${version}`;
    const expected = undamaged.get(key) ?? answerOf(under, version);
    undamaged.set(key, expected);
    const damaged = overlay(under);
    for (const [path, bytes] of files) damaged.files.set(path, bytes);
    tried += 1;
    const where = {
      ...about,
      table: name,
      version,
      versions: versions.length,
      paths: [...files.keys()],
    };
    try {
      const outcome = await outcomeOf(damaged.store, version);
      await readHistory(damaged.store);
      if ('code' in outcome) return tell(outcome.code);
      if (outcome.answer === (await expected)) return tell('as undamaged');
      tell('other values');
      if (about.oracle === 'told')
        return {
          ...where,
          answer: outcome.answer.slice(0, 1500),
          expected: (await expected).slice(0, 1500),
        };
    } catch (error) {
      return { ...where, error: error instanceof Error ? (error.stack ?? error.message) : error };
    }
    return;
  }

  const chunk = 100;
  const chunks = Array.from({ length: Math.ceil(inputs / chunk) }, (_, index) => index * chunk);
  test.each(chunks)(`from input %i on, with seed ${seed}`, { timeout: 600_000 }, async (first) => {
    const wrong: unknown[] = [];
    for (let input = first; input < Math.min(first + chunk, inputs); input++) {
      const chance = seeded(seed * 1_000_003 + input);
      const damage = damages[input % damages.length] ?? chance.pick(damages);
      const able = tables.filter(({ paths }) => paths.some((path) => damage.applies.test(path)));
      const table = chance.pick(able);
      const path = chance.pick(table.paths.filter((one) => damage.applies.test(one)));
      const changed = damage.change(readFileSync(join(table.root, path)), chance);
      if (changed === undefined) {
        tell('not applicable');
        continue;
      }
      const files = new Map([[path, changed === 'gone' ? undefined : new Uint8Array(changed)]]);
      const about = { damage: damage.name, oracle: damage.oracle, input };
      // The last version needs most files of the log.
      const version = chance.happens(0.7) ? table.versions.at(-1) : chance.pick(table.versions);
      const problem = await tryOne(table, files, about, version ?? 0);
      if (problem !== undefined) wrong.push(problem);
    }
    expect(wrong).toEqual([]);
  });

  test.each(strayNames)('a stray file: %s', { timeout: 600_000 }, async (stray) => {
    const wrong: unknown[] = [];
    const chance = seeded(seed);
    for (const [input, table] of tables.entries()) {
      const bytes = new TextEncoder().encode(chance.pick(['', 'garbage', '{"commitInfo":{}}\n']));
      // A file of a version that the table has may not be overwritten: that would be another commit.
      if (table.paths.includes(stray)) continue;
      const about = { damage: 'a stray file', oracle: 'told', input } as const;
      const problem = await tryOne(
        table,
        new Map([[stray, bytes]]),
        about,
        chance.pick(table.versions),
      );
      if (problem !== undefined) wrong.push(problem);
    }
    expect(wrong).toEqual([]);
  });

  test('data files', { timeout: 600_000 }, async () => {
    const chance = seeded(seed);
    const wrong: unknown[] = [];
    let read = 0;
    const readable = tables.filter(({ name }) => !name.startsWith('variant') && name !== 'empty');
    for (let input = 0; input < inputs / 10; input++) {
      const { name, versions } = chance.pick(readable);
      const folder = await copyTable(name);
      try {
        const snapshots = logSnapshots(localTableStore(folder), 't');
        const snapshot = await snapshots.at(versions.at(-1) ?? 0);
        const locations: string[] = [];
        for await (const batch of snapshot.files()) {
          locations.push(...batch.map((file) => file.location));
        }
        const location = chance.pick(locations);
        const bytes = readFileSync(location);
        const isCut = chance.happens(0.3);
        if (isCut) writeFileSync(location, bytes.subarray(0, chance.below(bytes.length)));
        else writeFileSync(location, flipped(bytes, chance) ?? bytes);
        tried += 1;
        try {
          for await (const batch of duckdbReader('t', snapshots).rows(snapshot)) {
            for (const column of batch.columns.keys()) batch.values(column);
          }
          read += 1;
          if (isCut) wrong.push({ name, location, input });
        } catch (error) {
          if (isLineageError(error)) tell(error.code);
          else wrong.push({ name, location, input, error: String(error) });
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
    expect(wrong).toEqual([]);
    // Parquet has no checksums that Spark writes: some changes show only in the values.
    tell(`data files read all the same: ${read}`);
  });

  test('enough was tried', () => {
    expect(tried).toBeGreaterThan(inputs / 2);
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([
        'as undamaged',
        'LOG_DAMAGED',
        'CHECKPOINT_DAMAGED',
        'DELETION_VECTOR_DAMAGED',
      ]),
    );
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTables, historyLineOf, isLineageError, parseTableName } from '../../src/index.ts';
import { canonicalRows } from '../support/canonical-rows.ts';
import { seeded } from '../support/seeded.ts';
import { commitPath } from '../support/tables.ts';
import { randomWalk } from './support/random-walk.ts';
import {
  type Spark,
  type SparkCommit,
  type SparkRows,
  sparkPython,
  startSpark,
} from './support/spark.ts';

// Tables that Spark makes by random statements: each version of them, its history and its moments, as Spark has them. More of them:
//
//     ASOF_WALKS=40 ASOF_WALK_SEED=1000 npx vitest run --config vitest.integration.config.ts random-walk
//
// ASOF_WALK_STEPS: statements in a walk; ASOF_WALK_KEEP: a folder in which the tables stay.

const { env } = process;
const walks = Number(env['ASOF_WALKS'] ?? 2);
const firstSeed = Number(env['ASOF_WALK_SEED'] ?? 1);
const steps = Number(env['ASOF_WALK_STEPS'] ?? 10);
const seeds = Array.from({ length: walks }, (_, index) => firstSeed + index);

interface Truth {
  readonly history: readonly SparkCommit[];
  readonly versions: readonly (Partial<SparkRows> & {
    readonly version: number;
    readonly error?: string;
  })[];
  readonly moments: readonly { readonly millis: number; readonly version: number | string }[];
}

describe.skipIf(sparkPython === undefined)('a random walk of Spark', () => {
  let spark: Spark;
  let folder: string;
  const totals = {
    walks: 0,
    statements: 0,
    refused: 0,
    versions: 0,
    rows: 0,
    moments: 0,
    julian: 0,
    vacuumed: 0,
  };
  beforeAll(async () => {
    folder = env['ASOF_WALK_KEEP'] ?? mkdtempSync(join(tmpdir(), 'asof-walks-'));
    await mkdir(folder, { recursive: true });
    spark = await startSpark(sparkPython ?? '');
  });
  afterAll(async () => {
    await spark?.stop();
    if (env['ASOF_WALK_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
    console.log(`random walks: ${JSON.stringify(totals)}`);
  });

  test.each(seeds)('with seed %i is read as Spark reads it', { timeout: 900_000 }, async (seed) => {
    rmSync(join(folder, `${seed}`), { recursive: true, force: true });
    const start = resolve(folder, `${seed}`, oddFolders[seed % oddFolders.length] ?? 'table');
    const walk = await randomWalk(spark, start, { seed, steps });
    const { path } = walk;
    const truth = await truthOf(path, seed);
    const about = `seed ${seed}\n${walk.statements.map((text) => text.slice(0, 300)).join(';\n')}`;

    const { history, snapshots, reader } = connectTables({ tables: {} }, { cwd: folder }).open(
      parseTableName(path),
    );
    const commits = [];
    for await (const commit of history.commits()) {
      const { schemaVersion, ...columns } = historyLineOf(commit);
      commits.push(columns);
    }
    expect(commits, about).toEqual(truth.history);

    const isJulian = walk.statements.some((text) => text.endsWith('=LEGACY'));
    const isVacuumed = walk.statements.some((text) => text.startsWith('VACUUM'));
    const failureOf = async (version: number) => {
      try {
        const snapshot = await snapshots.at(version);
        for await (const _ of reader.rows(snapshot));
        return 'none';
      } catch (failure) {
        return failure;
      }
    };
    const differing: unknown[] = [];
    for (const { version, lines, schema, error } of truth.versions) {
      if (error !== undefined && isVacuumed && /file/i.test(error)) {
        const failure = await failureOf(version);
        if (isLineageError(failure, 'FILES_MISSING')) totals.vacuumed += 1;
        else differing.push({ version, error, failure });
        continue;
      }
      if (error !== undefined || lines === undefined) {
        differing.push({ version, error });
        continue;
      }
      try {
        const snapshot = await snapshots.at(version);
        const found = await canonicalRows(snapshot.schema, reader.rows(snapshot));
        const [names, expected] = [snapshot.schema.fields, schema?.fields ?? []].map((fields) =>
          fields.map(({ name }) => name),
        );
        if (JSON.stringify(names) !== JSON.stringify(expected)) {
          differing.push({ version, names, expected });
        } else if (JSON.stringify(found) !== JSON.stringify(lines)) {
          const [missing, extra] = [
            lines.filter((line) => !found.includes(line)),
            found.filter((line) => !lines.includes(line)),
          ];
          const counts = { spark: lines.length, asof: found.length };
          differing.push({
            version,
            counts,
            missing: missing.slice(0, 2),
            extra: extra.slice(0, 2),
          });
        }
      } catch (failure) {
        if (isJulian && isRefusal(failure)) {
          totals.julian += 1;
          continue;
        }
        differing.push({ version, failure: String(failure), details: failure });
      }
      totals.versions += 1;
      totals.rows += lines.length;
    }
    expect(differing, about).toEqual([]);
    expect(truth.versions.length).toBeGreaterThan(0);

    const answers = await Promise.all(
      truth.moments.map(async ({ millis }) => {
        try {
          return (await history.resolve({ kind: 'instant', instant: millis })).version;
        } catch (failure) {
          return (failure as { code: string }).code;
        }
      }),
    );
    const latest = truth.history[0]?.version;
    const expected = truth.moments.map(({ version }) => {
      if (version === 'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION') return 'MOMENT_TOO_EARLY';
      // Where Spark refuses, asof answers the last version: its users may say "now".
      if (version === 'DELTA_TIMESTAMP_GREATER_THAN_COMMIT') return latest;
      return version;
    });
    expect(answers, about).toEqual(expected);
    totals.walks += 1;
    totals.statements += walk.statements.length;
    totals.refused += walk.refused.length;
    totals.moments += answers.length;
  });

  /** Commit files get times as copies have them, in half of the walks: equal, or before the one before. */
  async function truthOf(path: string, seed: number): Promise<Truth> {
    const chance = seeded(seed);
    if (chance.happens(0.5)) {
      const versions = (await spark.history(path)).map(({ version }) => version).reverse();
      let time = Date.now() - 3_600_000;
      for (const version of versions) {
        time += chance.pick([0, 0, 1, 1000, -500, 250]);
        await utimes(commitPath(path, version), (time + 0.5) / 1000, (time + 0.5) / 1000);
      }
    }
    return (await spark.python(`
from table_truth import truth
result = truth(spark, ${JSON.stringify(path)}, [-1, 0, 1])
`)) as Truth;
  }
});

const oddFolders = ['table', 'a b', '100% é', 'x%20y', 'plus+and&'];

/** Old dates that were written in the Julian calendar, which Spark moves, are refused. */
function isRefusal(failure: unknown): boolean {
  const { code, details } = failure as { code?: string; details?: { features?: string[] } };
  return code === 'FEATURE_UNSUPPORTED' && /Julian/.test(String(details?.features));
}

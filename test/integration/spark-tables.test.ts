import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTables, historyLineOf, parseTableName } from '../../src/index.ts';
import { canonicalRows } from '../support/canonical-rows.ts';
import { commitPath } from '../support/tables.ts';
import { customers } from './support/customers.ts';
import { type Spark, sparkPython, startSpark } from './support/spark.ts';

// Tables that can't be kept as fixtures, since their paths or times belong to this machine and this moment.
describe.skipIf(sparkPython === undefined)('a table that Spark has just written', () => {
  let spark: Spark;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asof-tables-'));
    spark = await startSpark(sparkPython ?? '');
  });
  afterAll(async () => {
    await spark?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (path: string) => {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    return tables.open(parseTableName(path));
  };

  async function rowsOf(path: string, version: number): Promise<readonly string[]> {
    const { snapshots, reader } = open(path);
    const snapshot = await snapshots.at(version);
    return await canonicalRows(snapshot.schema, reader.rows(snapshot));
  }

  async function historyOf(path: string) {
    const found = [];
    for await (const commit of open(path).history.commits()) {
      const { schemaVersion, ...columns } = historyLineOf(commit);
      found.push(columns);
    }
    return found;
  }

  /** A table that had as many rows at each version as that is high. */
  async function counted(name: string, versions: number, properties = ''): Promise<string> {
    const path = join(folder, name);
    await spark.sql(`CREATE TABLE delta.\`${path}\` (n BIGINT) USING DELTA ${properties}`);
    await count(path, 1, versions);
    return path;
  }

  async function count(path: string, first: number, last: number) {
    for (let n = first; n <= last; n++) {
      await spark.sql(`INSERT INTO delta.\`${path}\` VALUES (${n})`);
    }
  }

  test('in files that DuckDB has no codec for is refused by name', async () => {
    const path = join(folder, 'compressed as Hadoop does');
    await spark.python(`
spark.range(100).write.format("delta").option("compression", "lz4").save(${JSON.stringify(path)})
`);
    await expect(rowsOf(path, 0)).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      details: { features: ['Parquet files compressed by LZ4'] },
    });
  });

  describe('as a shallow clone', () => {
    let source: string;
    let clone: string;
    beforeAll(async () => {
      source = join(folder, 'source, % of é');
      clone = join(folder, 'clone');
      await spark.sql(
        `CREATE TABLE delta.\`${source}\` USING DELTA PARTITIONED BY (region)
         TBLPROPERTIES ('delta.enableDeletionVectors' = 'true') AS ${customers(1, 200, 1)}`,
      );
      await spark.sql(`DELETE FROM delta.\`${source}\` WHERE customer_id % 5 = 0`);
      await spark.sql(`INSERT INTO delta.\`${source}\` ${customers(201, 50, 2)}`);
      await spark.sql(
        `CREATE TABLE delta.\`${clone}\` SHALLOW CLONE delta.\`${source}\` VERSION AS OF 1`,
      );
      await spark.sql(`INSERT INTO delta.\`${clone}\` ${customers(301, 50, 3)}`);
      await spark.sql(`DELETE FROM delta.\`${clone}\` WHERE customer_id % 7 = 0`);
      await spark.sql(`OPTIMIZE delta.\`${clone}\``);
    });

    test.each([0, 1, 2, 3])('gives the rows of version %i', async (version) => {
      const { lines } = await spark.rows(clone, { versionAsOf: version });
      expect(lines.length).toBeGreaterThan(100);
      expect(await rowsOf(clone, version)).toEqual(lines);
    });

    test('is another table than its source', async () => {
      const idOf = async (path: string) => (await open(path).snapshots.at(0)).tableId;
      const [detail] = await spark.sql(`DESCRIBE DETAIL delta.\`${clone}\``);
      expect(await idOf(clone)).toBe(detail?.['id']);
      expect(await idOf(clone)).not.toBe(await idOf(source));
    });

    test('has the history that Spark tells', async () => {
      expect(await historyOf(clone)).toEqual(await spark.history(clone));
    });
  });

  describe('whose log points out of its folder', () => {
    /** A table of two rows whose second file lies outside, and is named as `named` says. */
    async function pointing(name: string, named: (outside: string) => string): Promise<string> {
      const path = await counted(name, 2);
      const commit = commitPath(path, 2);
      const text = await readFile(commit, 'utf8');
      const [, file = ''] = /"path":"([^"]*)"/.exec(text) ?? [];
      await mkdir(join(folder, `${name}-outside`));
      const outside = join(folder, `${name}-outside`, file);
      await rename(join(path, file), outside);
      await writeFile(commit, text.replace(file, named(outside)));
      for (const entry of await readdir(join(path, '_delta_log'))) {
        // Spark compares the commit with what it noted beside it.
        if (entry.endsWith('.crc')) await rename(join(path, '_delta_log', entry), `${outside}.crc`);
      }
      return path;
    }

    test.each([
      { name: 'absolute', named: (outside: string) => pathToFileURL(outside).href },
      {
        name: 'climbing',
        named: (outside: string) => `../climbing-outside/${outside.split('/').at(-1)}`,
      },
    ])('by an $name path is refused, though Spark reads it', async ({ name, named }) => {
      const path = await pointing(name, named);
      expect((await spark.rows(path)).lines).toEqual(['["1"]', '["2"]']);
      expect(await rowsOf(path, 1)).toEqual(['["1"]']);
      await expect(rowsOf(path, 2)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_TABLE' });
    });
  });

  describe('asked for a moment', () => {
    /** What Spark reads at moments: the version of a `counted` table, or the class of its error. */
    async function sparkAt(path: string, moments: readonly number[]) {
      const texts = moments.map((moment) => new Date(moment).toISOString().replace('Z', ''));
      return await spark.python(`
def at(moment):
    try:
        return spark.read.format("delta").option("timestampAsOf", moment).load("${path}").count()
    except Exception as error:
        return error.getCondition()
result = [at(moment) for moment in ${JSON.stringify(texts)}]
`);
    }

    async function asofAt(path: string, moments: readonly number[]) {
      const { history } = open(path);
      return await Promise.all(
        moments.map(async (instant) => {
          try {
            return (await history.resolve({ kind: 'instant', instant })).version;
          } catch (error) {
            return (error as { code: string }).code;
          }
        }),
      );
    }

    /** Compares both at each commit, and a millisecond before each, which is between two. */
    async function compareMoments(path: string) {
      const commits = await spark.history(path);
      expect(await historyOf(path)).toEqual(commits);
      const times = commits.map(({ timestamp }) => Date.parse(timestamp)).reverse();
      const [first = 0, last = 0] = [times[0], times.at(-1)];
      const moments = times.flatMap((time) => (time === first ? [time] : [time - 1, time]));
      const versions = await sparkAt(path, moments);
      expect(new Set(versions as number[]).size).toBe(times.length);
      expect(await asofAt(path, moments)).toEqual(versions);

      const outside = [first - 1, last + 1];
      expect(await sparkAt(path, outside)).toEqual([
        'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
        'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
      ]);
      expect(await asofAt(path, outside)).toEqual(['MOMENT_TOO_EARLY', times.length - 1]);
      return times;
    }

    /** Gives the commit files times that are so many seconds after a moment an hour ago. */
    async function setTimes(path: string, seconds: Readonly<Record<number, number>>) {
      const hourAgo = Math.floor(Date.now() / 1000) - 3600;
      for (const [version, second] of Object.entries(seconds)) {
        const time = hourAgo + second;
        await utimes(commitPath(path, Number(version)), time, time);
      }
    }

    test('answers as Spark does with commits as they come', async () => {
      await compareMoments(await counted('moments', 5));
    });

    test('answers as Spark does where file times stand still and go back', async () => {
      const path = await counted('backwards', 5);
      await setTimes(path, { 0: 10, 1: 20, 2: 20, 3: 15, 4: 30.25, 5: 30 });
      const times = await compareMoments(path);
      expect(times.map((time) => time - (times[0] ?? 0))).toEqual([
        0, 10_000, 10_001, 10_002, 20_250, 20_251,
      ]);
    });

    test('answers as Spark does where in-commit timestamps were enabled midway', async () => {
      const path = await counted('enabled midway', 3);
      // One row more by this too.
      await spark.sql(
        `REPLACE TABLE delta.\`${path}\` USING DELTA TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')
         AS SELECT id n FROM range(1, 5)`,
      );
      await count(path, 5, 6);
      // The later ones count for nothing: those commits have times of their own.
      await setTimes(path, { 0: 10, 1: 20, 2: 40, 3: 30, 4: 1, 5: 2, 6: 3 });
      const times = await compareMoments(path);
      expect(times.length).toBe(7);
    });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTables, parseTableName, rehydrate } from '../../src/index.ts';
import { tableStates } from '../../src/lineage/table-states.ts';
import { commitPath, copyTable, tableCase, tableNames } from '../support/tables.ts';
import { type Spark, sparkPython, startSpark } from './support/spark.ts';

const hour = 3_600_000;
const day = 24 * hour;
const week = 7 * day;
const month = 30 * day;
const enforce = 'spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration';

// What asof says of a version, and what Spark and delta-rs do when they are asked to read it.
describe.skipIf(sparkPython === undefined)('the state of a version', { timeout: 900_000 }, () => {
  let spark: Spark;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asof-states-'));
    spark = await startSpark(sparkPython ?? '');
    await spark.sql('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
  });
  afterAll(async () => {
    await spark?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const nameOf = (path: string) => `delta.\`${path}\``;
  const sql = async (path: string, ...statements: readonly string[]) => {
    for (const statement of statements) {
      await spark.sql(statement.replaceAll('TABLE_', nameOf(path)));
    }
  };
  const create = (path: string, properties = '') =>
    sql(
      path,
      `CREATE TABLE TABLE_ USING DELTA ${properties === '' ? '' : `TBLPROPERTIES (${properties})`}
       AS SELECT /*+ REPARTITION(2) */ id n FROM range(20)`,
    );
  const overwrite = 'INSERT OVERWRITE TABLE_ SELECT id n FROM range(10)';
  const append = 'INSERT INTO TABLE_ SELECT id n FROM range(100, 105)';
  const vacuum = 'VACUUM TABLE_ RETAIN 0 HOURS';

  async function age(path: string, ms: number, versions?: readonly number[]) {
    for (const name of await readdir(join(path, '_delta_log'))) {
      const version = Number.parseInt(name, 10);
      if (Number.isNaN(version) || (versions && !versions.includes(version))) continue;
      // One after the other: of files of one time Delta takes no checkpoint for a boundary of its cleanup.
      const time = (Date.now() - ms + 100 * version) / 1000;
      await utimes(join(path, '_delta_log', name), time, time);
    }
  }

  /** For each version whether each reader reads all its rows. Spark twice: as it comes, and without its refusal of old versions. */
  async function readers(path: string, versions: readonly number[]) {
    return (await spark.python(`
from deltalake import DeltaTable, QueryBuilder
spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
def tried(read):
    try:
        return read() >= 0
    except Exception:
        return False
def with_spark(version, enforced):
    spark.conf.set("${enforce}", enforced)
    try:
        return len(spark.read.format("delta").option("versionAsOf", version).load(${JSON.stringify(path)}).collect())
    finally:
        spark.conf.set("${enforce}", "false")
def with_deltalake(version):
    table = DeltaTable(${JSON.stringify(path)}, version=version)
    return sum(batch.num_rows for batch in QueryBuilder().register("t", table).execute("select * from t").read_all().to_batches())
result = [
    {
        "spark": tried(lambda: with_spark(version, "true")),
        "sparkUnenforced": tried(lambda: with_spark(version, "false")),
        "deltalake": tried(lambda: with_deltalake(version)),
    }
    for version in ${JSON.stringify(versions)}
]
`)) as { spark: boolean; sparkUnenforced: boolean; deltalake: boolean }[];
  }

  async function states(path: string, versions: readonly number[]) {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    const table = tables.open(parseTableName(path));
    const found = tableStates(tables, { now: Date.now() });
    for (const version of versions) found.expect([path], version);
    return await Promise.all(
      versions.map(async (version) => (await found.version(table, version)).readability),
    );
  }

  /** Compares every version up to the latest. */
  async function compare(path: string): Promise<readonly (string | undefined)[]> {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    const { version: latest } = await tables
      .open(parseTableName(path))
      .history.resolve({ kind: 'latest' });
    const versions = Array.from({ length: latest + 1 }, (_, version) => version);
    const said = (await states(path, versions)).map((found) => found?.state);
    const read = await readers(path, versions);
    for (const [version, state] of said.entries()) {
      const expected =
        state === 'readable'
          ? { spark: true, deltalake: true }
          : state === 'refused'
            ? { spark: false, deltalake: true }
            : { spark: false, sparkUnenforced: false, deltalake: false };
      expect({ version, state, ...read[version] }).toMatchObject({ version, state, ...expected });
    }
    return said;
  }

  const cases: Readonly<Record<string, (path: string) => Promise<readonly string[]>>> = {
    'never vacuumed': async (path) => {
      await create(path);
      await sql(path, append, overwrite);
      return ['readable', 'readable', 'readable'];
    },
    'vacuumed in part': async (path) => {
      await create(path);
      await sql(path, 'DELETE FROM TABLE_ WHERE n = 0', append, vacuum, overwrite);
      return ['files-lost', ...['readable', 'readable', 'readable', 'readable'], 'readable'];
    },
    'vacuumed wholly': async (path) => {
      await create(path);
      await sql(path, overwrite, overwrite, vacuum);
      return ['files-lost', 'files-lost', 'readable', 'readable', 'readable'];
    },
    'with its log cleaned': async (path) => {
      await create(path, "'delta.checkpointInterval' = '2'");
      await sql(path, append, append, append, append);
      await age(path, 40 * day);
      await sql(path, append, append);
      return ['log-lost', 'log-lost', 'log-lost', 'log-lost', 'refused', 'readable', 'readable'];
    },
    'with a checkpoint only': async (path) => {
      await create(path, "'delta.checkpointInterval' = '2'");
      await sql(path, append, append, append, append);
      for (const version of [0, 1, 2]) await rm(commitPath(path, version));
      return ['log-lost', 'log-lost', 'refused', 'readable', 'readable'];
    },
    'with old commit times': async (path) => {
      await create(path);
      await sql(path, append, overwrite);
      await age(path, 60 * day, [0, 1]);
      return ['refused', 'refused', 'readable'];
    },
    'old, and with in-commit timestamps of today': async (path) => {
      await create(path, "'delta.enableInCommitTimestamps' = 'true'");
      await sql(path, append);
      await age(path, 60 * day);
      return ['readable', 'readable'];
    },
    'old, with a long retention': async (path) => {
      await create(
        path,
        "'delta.deletedFileRetentionDuration' = 'interval 90 days', 'delta.logRetentionDuration' = 'interval 90 days'",
      );
      await sql(path, append);
      await age(path, 60 * day);
      return ['readable', 'readable'];
    },
    restored: async (path) => {
      await create(path);
      await sql(path, overwrite, 'RESTORE TABLE TABLE_ TO VERSION AS OF 0', vacuum);
      return ['readable', 'files-lost', 'readable', 'readable', 'readable'];
    },
    'a shallow clone whose source was vacuumed': async (path) => {
      const source = `${path}-source`;
      await create(source);
      await sql(path, `CREATE TABLE TABLE_ SHALLOW CLONE ${nameOf(source)}`, append);
      await sql(source, overwrite, vacuum);
      return ['files-lost', 'files-lost'];
    },
    'with deletion vectors purged': async (path) => {
      await create(path, "'delta.enableDeletionVectors' = 'true'");
      await sql(
        path,
        'DELETE FROM TABLE_ WHERE n = 3',
        'DELETE FROM TABLE_ WHERE n = 4',
        'REORG TABLE TABLE_ APPLY (PURGE)',
        vacuum,
      );
      return ['files-lost', 'files-lost', 'files-lost', 'readable', 'readable', 'readable'];
    },
    'with an old deletion vector vacuumed': async (path) => {
      await create(path, "'delta.enableDeletionVectors' = 'true'");
      await sql(
        path,
        'DELETE FROM TABLE_ WHERE n IN (3, 17)',
        'DELETE FROM TABLE_ WHERE n IN (4, 18)',
        vacuum,
      );
      return ['readable', 'files-lost', 'readable', 'readable', 'readable'];
    },
  };

  test.each(Object.keys(cases))('%s: is what both readers do', async (name) => {
    const path = join(folder, name.replaceAll(/\W+/g, '-'));
    const expected = await cases[name]?.(path);
    expect(await compare(path)).toEqual(expected);
  });

  test('dropped and made again: the old one is not found behind the name', async () => {
    const path = join(folder, 'again');
    await create(path);
    const tables = connectTables({ tables: {} }, { cwd: folder });
    const idNow = async () => (await tables.open(parseTableName(path)).snapshots.at(0)).tableId;
    const old = await idNow();
    await rm(path, { recursive: true });
    await spark.python('spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()');
    await create(path);
    const found = tableStates(tables, { now: Date.now() });
    expect(await found.find([path], old, 0)).toMatchObject({ isSame: false });
    expect(await found.find([path], await idNow(), 0)).toMatchObject({ isSame: true });
  });

  describe('flips when asof said', () => {
    /** Moves the removals of a version in time, by editing its commit. */
    async function setRemoved(path: string, version: number, time: number) {
      const commit = commitPath(path, version);
      const text = await readFile(commit, 'utf8');
      const edited = text.replace(/"deletionTimestamp":\d+/g, `"deletionTimestamp":${time}`);
      expect(edited).not.toBe(text);
      await writeFile(commit, edited);
      // Hadoop and Delta keep checksums of what was there.
      for (const name of await readdir(join(path, '_delta_log'))) {
        if (name.endsWith('.crc')) await rm(join(path, '_delta_log', name));
      }
    }

    test('files are gone an hour after the date, and there an hour before', async () => {
      const path = join(folder, 'forecast-files');
      await create(path);
      await sql(path, overwrite);
      // The files are older than their removal.
      const old = (Date.now() - 20 * day) / 1000;
      for (const name of await readdir(path)) {
        if (name.endsWith('.parquet')) await utimes(join(path, name), old, old);
      }
      const lossAt = async () => {
        const [found] = await states(path, [0]);
        return found?.changes?.find(({ to }) => to === 'files-lost')?.at;
      };

      for (const { hours, state } of [
        { hours: 1, state: 'readable' },
        { hours: -1, state: 'files-lost' },
      ]) {
        const removed = Date.now() - week + hours * hour;
        await setRemoved(path, 1, removed);
        expect(await lossAt()).toBe(removed + week);
        await spark.python('spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()');
        await sql(path, 'VACUUM TABLE_');
        expect((await states(path, [0]))[0]?.state).toBe(state);
      }
    });

    test('the log is cleaned by Spark at the midnight it said, not before', async () => {
      const path = join(folder, 'forecast-log');
      await create(path, "'delta.checkpointInterval' = '2'");
      await sql(path, append, append);
      const midnight = Math.floor(Date.now() / day) * day;
      for (const { last, isLost } of [
        { last: midnight - month + 2000, isLost: false },
        { last: midnight - month - 2000, isLost: true },
      ]) {
        await age(path, Date.now() - last, [0, 1]);
        const [found] = await states(path, [0]);
        const at = found?.changes?.find(({ by }) => by === 'log cleanup of Spark')?.at ?? 0;
        expect(at).toBe(isLost ? midnight : midnight + day);
        await sql(path, append, append);
        expect((await states(path, [0]))[0]?.state === 'log-lost').toBe(isLost);
      }
    });

    test.each([
      { seconds: 60, isLost: false },
      { seconds: -60, isLost: true },
    ])(
      'the log is cleaned by delta-rs: $seconds s before the date lost is $isLost',
      async ({ seconds, isLost }) => {
        const path = join(folder, `forecast-delta-rs-${isLost}`);
        await create(path, "'delta.checkpointInterval' = '2'");
        await sql(path, append, append);
        const last = Date.now() - month + seconds * 1000;
        await age(path, Date.now() - last, [0, 1]);
        const [found] = await states(path, [0]);
        const at = found?.changes?.find(({ by }) => by === 'log cleanup of delta-rs')?.at ?? 0;
        expect(Math.abs(at - last - month)).toBeLessThan(1000);
        await spark.python(`
from deltalake import DeltaTable
DeltaTable(${JSON.stringify(path)}).cleanup_metadata()
`);
        expect((await states(path, [0]))[0]?.state === 'log-lost').toBe(isLost);
      },
    );
  });

  test('a Delta table made of each version is read by Spark and delta-rs as that version was', async () => {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    const made: { copy: string; original: string; version: number }[] = [];
    for (const name of tableNames) {
      const original = await copyTable(name, join(folder, 'corpus', name));
      const table = tables.open(parseTableName(original));
      const { version = 0, error } = tableCase(name).versions.at(-1) ?? {};
      if (error !== undefined) continue;
      const copy = join(folder, 'copies', name);
      await mkdir(join(folder, 'copies'), { recursive: true });
      await rehydrate([{ alias: name, table, version }], {
        out: copy,
        format: 'delta',
        asof: 'test',
        now: Date.now,
      });
      made.push({ copy, original, version });
    }
    expect(made.length).toBeGreaterThanOrEqual(34);
    const read = (await spark.python(`
from deltalake import DeltaTable, QueryBuilder
def rows(path, version):
    frame = spark.read.format("delta").option("versionAsOf", version).load(path)
    return sorted(str(row) for row in frame.collect())
def count(path, version):
    try:
        table = DeltaTable(path, version=version)
        return sum(batch.num_rows for batch in QueryBuilder().register("t", table).execute("select * from t").read_all().to_batches())
    except Exception as error:
        return type(error).__name__
result = [
    [rows(one["copy"], 0) == rows(one["original"], one["version"]), count(one["copy"], 0), count(one["original"], one["version"])]
    for one in ${JSON.stringify(made)}
]
`)) as [boolean, number | string, number | string][];
    for (const [index, { copy }] of made.entries()) {
      const [isSame, ours, theirs] = read[index] ?? [];
      expect({ copy, isSame, ours }).toEqual({ copy, isSame: true, ours: theirs });
    }
  });
});

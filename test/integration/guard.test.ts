import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTables, guard, parseTableName, type VacuumEngine } from '../../src/index.ts';
import { fakeRegistry } from '../support/fake-registry.ts';
import { copyTable, tableNames } from '../support/tables.ts';
import { customers } from './support/customers.ts';
import { type Spark, sparkPython, startSpark } from './support/spark.ts';

// What asof says that a VACUUM would delete, and what the engines themselves say with their dry runs, file for file.
describe.skipIf(sparkPython === undefined)('what VACUUM would delete', () => {
  let spark: Spark;
  let folder: string;
  const paths = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asof-guard-'));
    spark = await startSpark(sparkPython ?? '');
    await spark.sql('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
    for (const name of tableNames) {
      paths.set(name, await copyTable(name, join(folder, 'corpus', name)));
    }
    paths.set('busy', await busyTable());
  });
  afterAll(async () => {
    await spark?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Partitioned, with deletion vectors, change data, files that nobody knows, folders that are empty or hidden, and removals of any age. */
  async function busyTable(): Promise<string> {
    const path = join(folder, 'busy, % of é');
    const table = `delta.\`${path}\``;
    await spark.sql(
      `CREATE TABLE ${table} USING DELTA PARTITIONED BY (region)
       TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableChangeDataFeed' = 'true', 'delta.checkpointInterval' = '3')
       AS ${customers(1, 300, 1)}`,
    );
    await spark.sql(`DELETE FROM ${table} WHERE customer_id % 5 = 0`);
    await spark.sql(`DELETE FROM ${table} WHERE customer_id % 7 = 0`);
    await spark.sql(`UPDATE ${table} SET balance = 0 WHERE customer_id % 11 = 0`);
    await spark.sql(`INSERT INTO ${table} ${customers(301, 100, 2)}`);
    await spark.sql(`OPTIMIZE ${table}`);
    await spark.sql(`DELETE FROM ${table} WHERE region = 'EU'`);
    await spark.python(`
import os, time
root = ${JSON.stringify(path)}
def put(name, age_hours):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").close()
    os.utime(path, (time.time() - age_hours * 3600,) * 2)
put("region=EU/stray.parquet", 1000)
put("region=EU/young.parquet", 0)
put("_hidden/stray.parquet", 1000)
put(".hidden", 1000)
put("metadata/stray.json", 1000)
put("only-young/young.parquet", 0)
put("only-old/old.parquet", 1000)
os.makedirs(os.path.join(root, "empty", "deeper"))
# Half of the files are old; removals are of today, but for one table state that forgets them: see the retentions below.
for folder, _, files in os.walk(root):
    if "_delta_log" in folder:
        continue
    for index, name in enumerate(sorted(files)):
        if index % 2 == 0 and "young" not in name:
            os.utime(os.path.join(folder, name), (time.time() - 500 * 3600,) * 2)
`);
    return path;
  }

  async function asof(path: string, engine: VacuumEngine, hours: number | undefined) {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    const options = {
      engine,
      now: Date.now(),
      ...(hours !== undefined && { retainMs: hours * 3_600_000 }),
    };
    const table = tables.open(parseTableName(path));
    return (await guard(table, { ...fakeRegistry(), tables }, options)).paths;
  }

  const retentions = [0, 24, 400, undefined] as const;
  /** The whole corpus where it tells something: most of it is young or old alike. */
  const tablesFor = (hours: number | undefined) =>
    hours === 0 ? [...paths] : [...paths].filter(([name]) => few.includes(name));
  const few = [
    'busy',
    'customer_features',
    'log_cleaned',
    'plain_partitioned',
    'v2_checkpoint_json',
  ];

  test.each(retentions)('by Spark, retaining %s hours', { timeout: 900_000 }, async (hours) => {
    const subjects = tablesFor(hours);
    const retain = hours === undefined ? '' : `RETAIN ${hours} HOURS`;
    const dryRuns = (await spark.python(`
def dry_run(path):
    try:
        return [row.path for row in spark.sql(f"VACUUM delta.\`{path}\` ${retain} DRY RUN").collect()]
    except Exception as error:
        return str(error).splitlines()[0]
result = [dry_run(path) for path in ${JSON.stringify(subjects.map(([, path]) => path))}]
`)) as (readonly string[] | string)[];
    let files = 0;
    for (const [index, [name, path]] of subjects.entries()) {
      const said = dryRuns[index] ?? [];
      if (typeof said === 'string') throw new Error(`${name}: ${said}`);
      const relative = said.map((one) => one.replace(/^file:/, '').slice(path.length + 1));
      expect({ name, paths: await asof(path, 'spark-4.1', hours) }).toEqual({
        name,
        paths: relative.sort(),
      });
      files += relative.length;
      // Whichever Delta it is: never less.
      expect(await asof(path, 'spark', hours)).toEqual(expect.arrayContaining(relative));
    }
    expect(dryRuns.length).toBeGreaterThanOrEqual(hours === 0 ? 35 : 5);
    expect(files).toBeGreaterThan(hours === 0 ? 60 : 0);
  });

  test.each(
    (['delta-rs', 'delta-rs-full'] as const).flatMap((engine) =>
      retentions.map((hours) => ({ engine, hours })),
    ),
  )('by $engine, retaining $hours hours', { timeout: 900_000 }, async ({ engine, hours }) => {
    const subjects = [...paths];
    const dryRuns = (await spark.python(`
import os
from deltalake import DeltaTable
def dry_run(path):
    try:
        table = DeltaTable(path)
        found = table.vacuum(${hours ?? 'None'}, dry_run=True, enforce_retention_duration=False, full=${engine === 'delta-rs-full' ? 'True' : 'False'})
        return sorted(name for name in set(found) if os.path.exists(os.path.join(path, name)))
    except Exception as error:
        return str(error).splitlines()[0]
result = [dry_run(path) for path in ${JSON.stringify(subjects.map(([, path]) => path))}]
`)) as (readonly string[] | string)[];
    let [compared, files] = [0, 0];
    const refused: string[] = [];
    for (const [index, [name, path]] of subjects.entries()) {
      const said = dryRuns[index] ?? [];
      if (typeof said === 'string') {
        refused.push(`${name}: ${said}`);
        continue;
      }
      expect({ name, paths: await asof(path, engine, hours) }).toEqual({ name, paths: said });
      compared += 1;
      files += said.length;
    }
    expect(refused).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(20);
    expect(files).toBeGreaterThanOrEqual(hours === 0 ? 10 : 0);
  });

  test('by delta-rs, however the table spells how long removed files are kept', async () => {
    const spellings = [
      'interval 30 days',
      'interval 2 weeks 3 days',
      'interval 1 week 30 days',
      '30 days',
      'INTERVAL 30 days',
      'interval 30 DAYS',
    ];
    const tables = spellings.map((text, index) => [text, join(folder, `spelt-${index}`)] as const);
    const said = (await spark.python(`
import glob, json, time
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
def dry_run(text, path):
    write_deltalake(path, pa.table({"a": [1]}), configuration={"delta.deletedFileRetentionDuration": text})
    write_deltalake(path, pa.table({"a": [2]}), mode="overwrite")
    commit = sorted(glob.glob(path + "/_delta_log/*.json"))[-1]
    actions = [json.loads(line) for line in open(commit)]
    for action in actions:
        if "remove" in action:
            action["remove"]["deletionTimestamp"] = int((time.time() - 10 * 86400) * 1000)
    with open(commit, "w") as file:
        file.write("\\n".join(json.dumps(action) for action in actions))
    return DeltaTable(path).vacuum(dry_run=True)
result = [dry_run(*one) for one in ${JSON.stringify(tables)}]
`)) as (readonly string[])[];
    expect(said.map((files) => files.length)).toEqual([0, 0, 1, 1, 1, 1]);
    for (const [index, [text, path]] of tables.entries()) {
      expect({ text, paths: await asof(path, 'delta-rs', undefined) }).toEqual({
        text,
        paths: said[index],
      });
    }
  });
});

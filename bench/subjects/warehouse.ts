import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { warehouseSettings } from '../../src/delta/databricks/settings.ts';
import { warehouseSession } from '../../src/delta/databricks/warehouse-session.ts';
import { startWarehouse } from '../../test/warehouse/start-warehouse.ts';
import { costOf, type Subject } from '../subject.ts';

const rows = 10_000_000;
const gib = 2 ** 30;

/** A table of eight columns on a real Spark behind the protocol of a SQL warehouse. */
export const warehouse: Subject = {
  title: `Rehydrating ${rows.toLocaleString('en')} rows × 8 columns that a SQL warehouse has`,
  async measure({ stopwatch, asof, python, scripts, cache, note }) {
    note('starting a warehouse and making the table');
    const jars = resolve('.venv', 'ivy', 'jars');
    const there = await startWarehouse({
      python,
      jars,
      memory: '4g',
      conf: {
        // Otherwise the server gathers all rows before it sends the first.
        'spark.sql.thriftServer.incrementalCollect': 'true',
        'spark.sql.shuffle.partitions': '16',
      },
    });
    const project = join(cache, 'warehouse');
    const settings = warehouseSettings(there.env, { configFile: join(project, 'no-such-file') });
    if (settings === undefined) throw new TypeError('its variables lead to it');
    const session = warehouseSession(settings, { agent: 'asof-bench' });
    const out = join(project, 'rehydrated');
    const table = 'bench.many_rows';
    const copy = 'bench.many_rows_copy';
    try {
      await session.query('CREATE SCHEMA bench');
      await session.query(`CREATE TABLE ${table} USING DELTA AS SELECT id, CAST(id % 1000003 AS INT) user_id,
        CAST(hash(id) AS DOUBLE) / 1e7 score, CAST(id % 100000 / 100 AS DECIMAL(12,2)) price, id % 3 = 0 is_active,
        date_add(DATE'2020-01-01', CAST(id % 1500 AS INT)) day, timestamp_micros(1577836800000000 + id * 1000003) seen_at,
        concat('label', id % 10) label FROM range(${rows})`);
      const [detail] = await session.query(`DESCRIBE DETAIL ${table}`);
      const env = { ...there.env, ASOF_ENGINE: 'warehouse', ASOF_LEDGER: join(project, 'asof.db') };
      const ours = (name: string, ...args: readonly string[]) => ({
        name,
        argv: [...asof, 'rehydrate', `${table}@v0`, ...args],
        env,
      });
      const spark = (name: string, how: string) => ({
        name,
        argv: [
          ...[python, join(scripts, 'rehydrate_spark.py'), jars, how],
          ...[fileURLToPath(String(detail?.['location'])), '0', out],
        ],
        prepare: () => rm(out, { recursive: true, force: true }),
      });
      note('rehydrating in four ways, twice');
      const costs = await stopwatch.compare(
        [
          {
            ...ours('asof rehydrate, through the driver', '--out', out),
            prepare: () => rm(out, { recursive: true, force: true }),
          },
          spark('PySpark: collect as Arrow', 'collect'),
          spark('PySpark: write', 'write'),
          {
            ...ours('asof rehydrate --into, on the warehouse', '--into', copy),
            prepare: async () => void (await session.query(`DROP TABLE IF EXISTS ${copy}`)),
          },
        ],
        1,
      );
      const { wallMs, peakBytes } = costOf('asof rehydrate, through the driver', costs);
      const perSecond = Math.round(rows / (wallMs / 1000));
      return [
        {
          title: `${perSecond.toLocaleString('en')} rows a second through the driver`,
          costs,
          targets: [
            {
              promise: 'asof rehydrate, through the driver: in less than 1 GiB of memory',
              found: `${(peakBytes / gib).toFixed(2)} GiB`,
              holds: peakBytes < gib,
            },
          ],
        },
      ];
    } finally {
      await session.close();
      await there.stop();
      await rm(project, { recursive: true, force: true });
    }
  },
};

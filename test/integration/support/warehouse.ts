import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { warehouseSettings } from '../../../src/delta/databricks/settings.ts';
import type { SqlSession } from '../../../src/delta/databricks/sql-session.ts';
import { warehouseSession } from '../../../src/delta/databricks/warehouse-session.ts';
import { startWarehouse, type Warehouse } from '../../warehouse/start-warehouse.ts';
import { startSpark } from './spark.ts';

/** A warehouse of the tests' own, and a session that prepares tables on it. */
export interface TestWarehouse extends Warehouse {
  readonly session: SqlSession;
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const jars = fileURLToPath(new URL('../../../.venv/ivy/jars', import.meta.url));

/** Starts Spark and what stands before it; the first time Spark's own loader fetches the jars of Delta. */
export async function startTestWarehouse(
  python: string,
  options: { readonly conf?: Readonly<Record<string, string>> } = {},
): Promise<TestWarehouse> {
  if (!existsSync(jars) || !readdirSync(jars).some((name) => name.includes('delta-spark'))) {
    await (await startSpark(python)).stop();
  }
  const warehouse = await startWarehouse({ python, jars, ...options });
  const settings = warehouseSettings(warehouse.env, {
    configFile: join(dirname(jars), 'no-such-file'),
  });
  if (settings === undefined) throw new TypeError('its variables lead to it');
  const session = warehouseSession(settings, { agent: 'asof-tests' });
  return {
    ...warehouse,
    session,
    sql: (text) => session.query(text),
    async stop() {
      await session.close();
      await warehouse.stop();
    },
  };
}

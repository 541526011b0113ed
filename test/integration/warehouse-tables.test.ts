import { afterAll, beforeAll, describe } from 'vitest';
import { warehouseTable } from '../../src/delta/databricks/warehouse-table.ts';
import { writeRows } from '../../src/delta/duckdb/row-writer.ts';
import { tableContract } from '../contract/tables.ts';
import { copyTable } from '../support/tables.ts';
import { sparkPython } from './support/spark.ts';
import { startTestWarehouse, type TestWarehouse } from './support/warehouse.ts';

// The corpus once more, by name through a warehouse: the same tables must come out as they do from their logs.

/** Versions are old by now, which Spark refuses; that is a test of its own. */
const conf = {
  'spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration': 'false',
  // Hundreds of different statements about few rows: compiling each takes longer than running it.
  'spark.sql.codegen.wholeStage': 'false',
  'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
};

// One table has many versions, and each costs a few statements.
// Several at once: Spark mostly waits for itself.
const options = { timeout: 900_000, concurrent: true };

describe.skipIf(sparkPython === undefined)('behind a warehouse', options, () => {
  let warehouse: TestWarehouse;
  beforeAll(async () => {
    warehouse = await startTestWarehouse(sparkPython ?? '', { conf });
    await warehouse.sql('CREATE SCHEMA corpus');
  });
  afterAll(async () => {
    await warehouse?.stop();
  });

  async function opened(name: string) {
    const location = await copyTable(name);
    await warehouse.sql(`CREATE TABLE corpus.${name} USING DELTA LOCATION '${location}'`);
    const table = warehouseTable(warehouse.session, ['corpus', name], {
      now: Date.now,
      writer: writeRows,
    });
    return { table, location };
  }

  tableContract('a warehouse', opened, { isEveryRowRead: false });
});

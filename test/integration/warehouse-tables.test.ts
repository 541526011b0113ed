import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { warehouseTable } from '../../src/delta/databricks/warehouse-table.ts';
import type { DeltaTable } from '../../src/delta/delta-table.ts';
import { writeRows } from '../../src/delta/duckdb/row-writer.ts';
import { formatType } from '../../src/delta/schema.ts';
import type { VersionFacts } from '../../src/delta/version-facts.ts';
import { connectTables, historyLineOf, parseTableName } from '../../src/index.ts';
import { canonicalRows } from '../support/canonical-rows.ts';
import { copyTable, sparkRows, tableCase, tableNames } from '../support/tables.ts';
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
const options = { timeout: 900_000 };

describe.skipIf(sparkPython === undefined)('a table behind a warehouse', options, () => {
  let warehouse: TestWarehouse;
  let folder: string;
  beforeAll(async () => {
    warehouse = await startTestWarehouse(sparkPython ?? '', { conf });
    folder = mkdtempSync(join(tmpdir(), 'asof-warehouse-tables-'));
    await warehouse.sql('CREATE SCHEMA corpus');
  });
  afterAll(async () => {
    await warehouse?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(name: string): Promise<{ log: DeltaTable; there: DeltaTable }> {
    const location = await copyTable(name);
    await warehouse.sql(`CREATE TABLE corpus.${name} USING DELTA LOCATION '${location}'`);
    const there = warehouseTable(warehouse.session, ['corpus', name], {
      now: Date.now,
      writer: writeRows,
    });
    return {
      log: connectTables({ tables: {} }, { cwd: folder }).open(parseTableName(location)),
      there,
    };
  }

  const columnsOf = ({ schema }: VersionFacts) =>
    schema.fields.map(({ name, type }) => `${name} ${formatType(type)}`);

  async function historyOf(table: DeltaTable) {
    const found = [];
    for await (const commit of table.history.commits()) found.push(historyLineOf(commit));
    return found;
  }

  describe.each(tableNames)('%s', (name) => {
    let log: DeltaTable;
    let there: DeltaTable;
    beforeAll(async () => {
      ({ log, there } = await open(name));
    });

    test('has the history that its log tells', async () => {
      expect(await historyOf(there)).toEqual(await historyOf(log));
    });

    test('resolves its versions as its log does', async () => {
      const versions = tableCase(name).versions.filter(({ error }) => error === undefined);
      const [first, last] = [versions[0]?.version ?? 0, versions.at(-1)?.version ?? 0];
      for (const version of new Set([first, last])) {
        const moment = { kind: 'version', version } as const;
        const resolved = await there.history.resolve(moment);
        expect(resolved).toEqual(await log.history.resolve(moment));
        const instant = { kind: 'instant', instant: resolved.committedAt ?? 0 } as const;
        expect(await there.history.resolve(instant)).toEqual(resolved);
      }
      const tooNew = { kind: 'version', version: 10_000 } as const;
      const details = { latest: tableCase(name).history[0]?.version };
      await expect(there.history.resolve(tooNew)).rejects.toMatchObject({
        code: 'VERSION_TOO_NEW',
        details,
      });
    });

    test('has the same digest at every version, and the same facts and rows at the last of each schema', async () => {
      const versions = tableCase(name).versions.filter(({ error }) => error === undefined);
      expect(versions.length).toBeGreaterThan(0);
      for (const [index, { version, schema }] of versions.entries()) {
        const snapshot = await log.snapshots.at(version);
        const digest = await there.reader.digest(snapshot);
        const isVariant = name.startsWith('variant');
        // DuckDB gives no variant back truly; the warehouse has a digest of them all the same.
        if (isVariant) expect(digest.digest).toMatch(/^rows-v1:[0-9a-f]{64}$/);
        else expect(digest).toEqual(await log.reader.digest(snapshot));

        if (JSON.stringify(schema) === JSON.stringify(versions[index + 1]?.schema)) continue;
        const facts = await there.facts.at(version);
        expect(facts.tableId).toBe(snapshot.tableId);
        expect(columnsOf(facts)).toEqual(columnsOf(snapshot));
        if (isVariant) {
          await expect(linesOf(there, facts)).rejects.toMatchObject({
            code: 'FEATURE_UNSUPPORTED',
          });
          continue;
        }
        const lines = await linesOf(there, facts);
        expect(lines).toEqual(await sparkRows(name, version));
        expect(digest.rows).toBe(lines.length);
      }
    });

    const lost = tableCase(name).versions.filter(({ error }) => error !== undefined);
    test.skipIf(lost.length === 0)('is refused at versions that are lost', async () => {
      const found = [];
      for (const { version } of lost) {
        const read = async () => {
          const { schema } = await there.facts.at(version);
          await linesOf(there, { version, tableId: '', schema });
        };
        found.push(await read().catch(({ code }) => code));
      }
      const isCleaned = lost.every(({ error }) => error?.errorClass === 'DELTA_VERSION_NOT_FOUND');
      expect(found).toEqual(lost.map(() => (isCleaned ? 'VERSION_TOO_OLD' : 'FILES_LOST')));
    });
  });

  const linesOf = (table: DeltaTable, facts: VersionFacts) =>
    canonicalRows(facts.schema, table.reader.rows(facts));
});

import { describe, expect, test } from 'vitest';
import { duckdbReader } from '../src/delta/duckdb/duckdb-reader.ts';
import { localTableStore } from '../src/delta/log/local-table-store.ts';
import { logHistory } from '../src/delta/log/log-history.ts';
import { logSnapshots } from '../src/delta/log/log-snapshots.ts';
import { canonicalRows } from './support/canonical-rows.ts';
import { copyTable, sparkRows, tableCase, tableNames } from './support/tables.ts';

// Each folder in fixtures/delta-tables holds a table written by another engine and what that engine says of it.
// A new case is a new folder; no test changes.
const cases = tableNames.map((name) => ({ name, versions: tableCase(name).versions }));

test('the corpus is here', () => {
  expect(cases.length).toBeGreaterThanOrEqual(40);
  expect(cases.reduce((sum, { versions }) => sum + versions.length, 0)).toBeGreaterThanOrEqual(230);
});

describe.each(cases)('$name', ({ name, versions }) => {
  const open = async () => {
    const store = localTableStore(await copyTable(name));
    return { history: logHistory(store, name, Date.now), snapshots: logSnapshots(store, name) };
  };

  test('history is what the writer reports', async () => {
    const { history } = await open();
    const found = [];
    for await (const commit of history.commits()) {
      found.push({
        version: commit.version,
        timestamp: new Date(commit.timestamp).toISOString(),
        operation: commit.operation,
        operationParameters: commit.operationParameters ?? null,
        operationMetrics: commit.operationMetrics ?? null,
        readVersion: commit.readVersion ?? null,
        isolationLevel: commit.isolationLevel ?? null,
        isBlindAppend: commit.isBlindAppend ?? null,
        userMetadata: commit.userMetadata ?? null,
      });
    }
    expect(found).toEqual(tableCase(name).history);
  });

  test.each(versions)('version $version has the rows that the writer reads', async (expected) => {
    const { history, snapshots } = await open();
    const { version, error, schema } = expected;
    const read = async () => {
      await history.resolve({ kind: 'version', version });
      const snapshot = await snapshots.at(version);
      const rows = duckdbReader(name, snapshots).rows(snapshot);
      return { snapshot, lines: await canonicalRows(snapshot.schema, rows) };
    };
    if (error !== undefined) {
      await expect(read()).rejects.toMatchObject({
        code: error.errorClass === 'DELTA_VERSION_NOT_FOUND' ? 'VERSION_TOO_OLD' : 'FILES_MISSING',
      });
      return;
    }
    const { snapshot, lines } = await read();
    expect(snapshot.schema.fields.map((field) => field.name)).toEqual(
      schema?.fields.map((field) => field.name),
    );
    expect(lines).toEqual(await sparkRows(name, version));
  });
});

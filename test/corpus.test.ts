import { describe, expect, test } from 'vitest';
import { connectTables } from '../src/connect.ts';
import { duckdbReader } from '../src/delta/duckdb/duckdb-reader.ts';
import { localTableStore } from '../src/delta/log/local-table-store.ts';
import { logHistory } from '../src/delta/log/log-history.ts';
import { logSnapshots } from '../src/delta/log/log-snapshots.ts';
import { digestRows } from '../src/lineage/table-rows.ts';
import type { DigestCache } from '../src/registry/digest-cache.ts';
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

  test.skipIf(name.startsWith('variant'))(
    'the row digest of a version is the same from its files, most of them known from versions before',
    async () => {
      const table = connectTables({ tables: {} }, { cwd: '/' }).open({
        kind: 'location',
        text: await copyTable(name),
      });
      const known = new Map<string, string>();
      const cache: DigestCache = {
        find: async (keys) => new Map([...known].filter(([key]) => keys.includes(key))),
        keep: async (digests) => {
          for (const [key, digest] of digests) known.set(key, digest);
        },
      };
      let filesRead = 0;
      let files = 0;
      for (const { version, error } of versions) {
        if (error !== undefined) continue;
        const facts = await table.facts.at(version);
        const digested = await digestRows(table, facts, cache, {});
        expect(digested).toMatchObject(await table.reader.digest(facts));
        filesRead += digested.filesRead ?? 0;
        files += digested.files ?? 0;
      }
      expect(known.size).toBe(filesRead);
      const last = versions.findLast(({ error }) => error === undefined);
      const facts = await table.facts.at(last?.version ?? 0);
      const { filesRead: again } = await digestRows(table, facts, cache, {});
      expect([again, files > 0 || name === 'empty']).toEqual([0, true]);
    },
  );
});

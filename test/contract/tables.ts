import { beforeAll, describe, expect, test } from 'vitest';
import { connectTables } from '../../src/connect-tables.ts';
import type { DeltaTable } from '../../src/delta/delta-table.ts';
import { formatType, type StructType } from '../../src/delta/schema.ts';
import { type Commit, historyLineOf, isLineageError } from '../../src/index.ts';
import { canonicalRows } from '../support/canonical-rows.ts';
import { sparkRows, tableCase, tableNames } from '../support/tables.ts';

/** A table of `fixtures/delta-tables`, through the engine under test. */
export interface OpenedTable {
  readonly table: DeltaTable;
  /** Where it lies. */
  readonly location: string;
}

// Each folder in fixtures/delta-tables holds a table written by another engine and what that engine says of it.
// A new case is a new folder; no test changes.
const cases = tableNames.map((name) => ({ name, versions: tableCase(name).versions }));

/**
 * What every engine promises of a table: the history, schema, rows and row digest that its writer reports, at every version, and an
 * error where the writer has one. Of variants an engine gives what it can, or refuses.
 *
 * @param options.isEveryRowRead else rows are read at the last version of each schema, and the digest stands for the rest
 */
export function tableContract(
  title: string,
  open: (name: string) => Promise<OpenedTable>,
  { isEveryRowRead }: { readonly isEveryRowRead: boolean },
): void {
  describe(`the table contract on ${title}`, () => {
    test('the corpus is here', () => {
      const count = cases.reduce((sum, { versions }) => sum + versions.length, 0);
      expect([cases.length >= 40, count >= 230]).toEqual([true, true]);
    });

    describe.each(cases)('$name', ({ name, versions }) => {
      const readable = versions.filter(({ error }) => error === undefined);
      const lost = versions.filter(({ error }) => error !== undefined);
      const isVariant = name.startsWith('variant');
      let table: DeltaTable;
      let log: DeltaTable;
      beforeAll(async () => {
        const opened = await open(name);
        ({ table } = opened);
        log = connectTables({ tables: {} }, { cwd: '/' }).open({
          kind: 'location',
          text: opened.location,
        });
      });

      test('history is what the writer reports', async () => {
        const found = await historyOf(table);
        const reported = found.map((commit) => ({
          version: commit.version,
          timestamp: new Date(commit.timestamp).toISOString(),
          operation: commit.operation,
          operationParameters: commit.operationParameters ?? null,
          operationMetrics: commit.operationMetrics ?? null,
          readVersion: commit.readVersion ?? null,
          isolationLevel: commit.isolationLevel ?? null,
          isBlindAppend: commit.isBlindAppend ?? null,
          userMetadata: commit.userMetadata ?? null,
        }));
        expect(reported).toEqual(tableCase(name).history);
        // And in all other columns what the log has.
        expect(found.map(historyLineOf)).toEqual((await historyOf(log)).map(historyLineOf));
      });

      test('versions and their moments are resolved, and none that is not there yet', async () => {
        const [first, last] = [readable[0]?.version ?? 0, readable.at(-1)?.version ?? 0];
        for (const version of new Set([first, last])) {
          const moment = { kind: 'version', version } as const;
          const resolved = await table.history.resolve(moment);
          expect(resolved).toEqual(await log.history.resolve(moment));
          const instant = { kind: 'instant', instant: resolved.committedAt ?? 0 } as const;
          expect(await table.history.resolve(instant)).toEqual(resolved);
        }
        const tooNew = { kind: 'version', version: 10_000 } as const;
        const details = { latest: tableCase(name).history[0]?.version };
        await expect(table.history.resolve(tooNew)).rejects.toMatchObject({
          code: 'VERSION_TOO_NEW',
          details,
        });
      });

      test.each(readable)('version $version has the rows that the writer reads', async (one) => {
        const { version, schema } = one;
        const next = readable[readable.indexOf(one) + 1];
        const isRead = isEveryRowRead || JSON.stringify(schema) !== JSON.stringify(next?.schema);
        const snapshot = await log.snapshots.at(version);
        const digest = await orRefused(isVariant, table.reader.digest(snapshot));
        const truth = await orRefused(isVariant, log.reader.digest(snapshot));
        if (isVariant) expect(digest?.digest ?? 'rows-v1:').toMatch(/^rows-v1:/);
        else expect(digest).toEqual(truth);
        if (!isRead) return;
        const facts = await table.facts.at(version);
        expect(facts.tableId).toBe(snapshot.tableId);
        expect(columnsOf(facts.schema)).toEqual(columnsOf(snapshot.schema));
        expect(facts.schema.fields.map((field) => field.name)).toEqual(
          schema?.fields.map((field) => field.name),
        );
        const rows = table.reader.rows(facts);
        const lines = await orRefused(isVariant, canonicalRows(facts.schema, rows));
        if (lines === undefined) return;
        const expected = await sparkRows(name, version);
        expect(lines).toEqual(expected);
        expect(digest?.rows ?? expected.length).toBe(expected.length);
      });

      test.each(lost)('version $version, which the writer refuses, is refused', async (one) => {
        const { version, error } = one;
        const read = async () => {
          await table.history.resolve({ kind: 'version', version });
          const facts = await table.facts.at(version);
          await canonicalRows(facts.schema, table.reader.rows(facts));
        };
        const code = await read().catch((failure) => failure.code);
        const isCleaned = error?.errorClass === 'DELTA_VERSION_NOT_FOUND';
        expect(isCleaned ? ['VERSION_TOO_OLD'] : ['FILES_MISSING', 'FILES_LOST']).toContain(code);
      });
    });
  });
}

const columnsOf = ({ fields }: StructType) =>
  fields.map(({ name, type }) => `${name} ${formatType(type)}`);

async function historyOf(table: DeltaTable): Promise<readonly Commit[]> {
  const found: Commit[] = [];
  for await (const commit of table.history.commits()) found.push(commit);
  return found;
}

/** @param mayRefuse the engine may say that it does not know a feature */
async function orRefused<T>(mayRefuse: boolean, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (mayRefuse && isLineageError(error, 'FEATURE_UNSUPPORTED')) return;
    throw error;
  }
}

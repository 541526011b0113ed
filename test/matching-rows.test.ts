import { expect, test } from 'vitest';
import { isLineageError } from '../src/base/errors.ts';
import { connectTables } from '../src/connect-tables.ts';
import type { DeltaTable } from '../src/delta/delta-table.ts';
import { openTable } from '../src/lineage/find-table.ts';
import { countMatching } from '../src/lineage/matching-rows.ts';
import { copyTable, tableCase, tableNames } from './support/tables.ts';

// Counting all versions together, each file once, must come to what each version comes to by itself.

const tables = connectTables({ tables: {} }, { cwd: process.cwd() });

function alone({ timelines: _, ...table }: DeltaTable): DeltaTable {
  return table;
}

test('the rows that meet a condition are the same counted together as version by version, for all tables', async () => {
  let compared = 0;
  let matching = 0;
  for (const [index, name] of tableNames.entries()) {
    const { table } = openTable(await copyTable(name), tables);
    if (table?.timelines === undefined) throw new Error(`${name} has a log`);
    const { versions } = tableCase(name);
    // Version by version takes its time.
    if (versions.length < 3 || versions.length > 7) continue;
    const numbers = versions.map(({ version }) => version);
    const [field] = versions.findLast(({ schema }) => schema !== undefined)?.schema?.fields ?? [];
    if (field === undefined) continue;
    const quoted = `"${field.name.replaceAll('"', '""')}"`;
    const condition = index % 2 === 0 ? `${quoted} IS NOT NULL` : `${quoted} = 1`;
    const together = await outcome(() => countMatching(table, numbers, condition, {}));
    const single = await outcome(() => countMatching(alone(table), numbers, condition, {}));
    expect(together, `${name}: ${condition}`).toEqual(single);
    if (!(together instanceof Map)) continue;
    compared += together.size;
    for (const count of together.values()) if (typeof count === 'number') matching += count;
  }
  expect(compared).toBeGreaterThan(60);
  expect(matching).toBeGreaterThan(1000);
}, 120_000);

async function outcome(count: () => Promise<unknown>): Promise<unknown> {
  try {
    return await count();
  } catch (error) {
    if (isLineageError(error)) return error.code;
    throw error;
  }
}

test('a file is read once, however many versions have it', async () => {
  const { table } = openTable(await copyTable('customer_features'), tables);
  if (table === undefined) throw new Error('it has a log');
  const read: string[] = [];
  const { reader } = table;
  const watched: DeltaTable = {
    ...table,
    reader: {
      ...reader,
      fileCounts: async (snapshot, files, options) => {
        read.push(
          ...files.map(({ path, deletionVector }) => path + JSON.stringify(deletionVector)),
        );
        return (await reader.fileCounts?.(snapshot, files, options)) ?? [];
      },
      rows: () => expect.unreachable('no version is read by itself'),
    },
  };
  const versions = tableCase('customer_features').versions.map(({ version }) => version);
  const found = await countMatching(watched, versions, 'customer_id IS NOT NULL', {});
  expect(found.size).toBe(versions.length);
  expect(read.length).toBeGreaterThan(3);
  expect(new Set(read).size).toBe(read.length);
});

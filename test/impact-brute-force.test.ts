import { describe, expect, test } from 'vitest';
import { connectTables } from '../src/connect-tables.ts';
import { parseTableName } from '../src/delta/table-ref.ts';
import { followCommit, replayOf } from '../src/lineage/survival.ts';
import { copyTable, sparkRows, tableCase, tableNames } from './support/tables.ts';

// What followCommit reads out of the log, held against all the rows of all versions as Spark read them. A row is known by its text, so
// the bounds have to hold the count of those rows only; rows alike that another commit added may add to it.

/** Rows of a version, by text, how often each is there. */
async function counted(name: string, version: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const row of await sparkRows(name, version)) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}

function difference(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) {
  return new Map(
    [...a].flatMap(([row, count]): readonly [string, number][] => {
      const left = count - (b.get(row) ?? 0);
      return left > 0 ? [[row, left]] : [];
    }),
  );
}

function size(rows: ReadonlyMap<string, number>): number {
  return [...rows.values()].reduce((all, count) => all + count, 0);
}

/** Versions whose rows are there, with the same columns throughout, one behind the other. */
function stretchOf(name: string): readonly number[] {
  const stretch: number[] = [];
  let columns: string | undefined;
  for (const { version, error, schema } of tableCase(name).versions) {
    const these = JSON.stringify(schema?.fields.map((field) => [field.name, field.type]));
    if (error !== undefined) continue;
    if (columns !== undefined && (these !== columns || stretch.at(-1) !== version - 1)) break;
    columns = these;
    stretch.push(version);
  }
  return stretch;
}

const cases = tableNames
  .map((name) => ({ name, stretch: stretchOf(name) }))
  .filter(({ stretch }) => stretch.length > 1);

test('there are tables to follow commits through', () => {
  expect(cases.length).toBeGreaterThanOrEqual(20);
});

describe.each(cases)('$name', ({ name, stretch }) => {
  test('what the log says of each commit holds for the rows', async () => {
    const tables = connectTables({ tables: {} }, { cwd: '.' });
    const table = tables.open(parseTableName(await copyTable(name)));
    const rows = new Map(
      await Promise.all(
        stretch.map(async (version) => [version, await counted(name, version)] as const),
      ),
    );
    const [first = 0] = stretch;
    const last = stretch.at(-1) ?? 0;
    const problems: string[] = [];
    let followed = 0;
    const replay = await replayOf(table, { from: first === 0 ? 0 : first + 1, to: last }, {});
    for (const version of stretch) {
      const before = version === first ? new Map<string, number>() : rows.get(version - 1);
      const after = rows.get(version);
      if (before === undefined || after === undefined || (version === first && first > 0)) continue;
      const effect = followCommit(replay, version, stretch);
      const added = difference(after, before);
      const removed = difference(before, after);
      for (const [at, { held, lacking }] of effect.at) {
        const there = rows.get(at) ?? new Map<string, number>();
        const heldNow = size(added) - size(difference(added, there));
        const lackingNow = size(difference(removed, there));
        const what = `v${version} (${effect.commit.operation}) at v${at}`;
        followed += 1;
        if (held.atMost !== undefined && heldNow > held.atMost) {
          problems.push(`${what}: ${heldNow} rows are held, at most ${held.atMost} were said`);
        }
        if (heldNow < held.atLeast) {
          problems.push(`${what}: ${heldNow} rows are held, at least ${held.atLeast} were said`);
        }
        if (lacking.atMost !== undefined && lackingNow > lacking.atMost) {
          problems.push(
            `${what}: ${lackingNow} rows are lacking, at most ${lacking.atMost} were said`,
          );
        }
      }
    }
    expect(problems).toEqual([]);
    expect(followed).toBeGreaterThan(0);
  });
});

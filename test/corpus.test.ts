import { describe, expect, test } from 'vitest';
import { connectTables } from '../src/connect-tables.ts';
import { digestRows } from '../src/lineage/table-rows.ts';
import type { DigestCache } from '../src/registry/digest-cache.ts';
import { tableContract } from './contract/tables.ts';
import { copyTable, tableCase, tableNames } from './support/tables.ts';

async function opened(name: string) {
  const location = await copyTable(name);
  const table = connectTables({ tables: {} }, { cwd: '/' }).open({
    kind: 'location',
    text: location,
  });
  return { table, location };
}

tableContract('the log', opened, { isEveryRowRead: true });

describe('the row digest of a version is the same from its files, most of them known from versions before', () => {
  test.each(tableNames.filter((name) => !name.startsWith('variant')))('%s', async (name) => {
    const { table } = await opened(name);
    const known = new Map<string, string>();
    const cache: DigestCache = {
      find: async (keys) => new Map([...known].filter(([key]) => keys.includes(key))),
      keep: async (digests) => {
        for (const [key, digest] of digests) known.set(key, digest);
      },
    };
    const versions = tableCase(name).versions.filter(({ error }) => error === undefined);
    let filesRead = 0;
    let files = 0;
    for (const { version } of versions) {
      const facts = await table.facts.at(version);
      const digested = await digestRows(table, facts, cache, {});
      expect(digested).toMatchObject(await table.reader.digest(facts));
      filesRead += digested.filesRead ?? 0;
      files += digested.files ?? 0;
    }
    expect(known.size).toBe(filesRead);
    const facts = await table.facts.at(versions.at(-1)?.version ?? 0);
    const { filesRead: again } = await digestRows(table, facts, cache, {});
    expect([again, files > 0 || name === 'empty']).toEqual([0, true]);
  });
});

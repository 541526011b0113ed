import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitPath, copyTable, temporaryFolder } from './tables.ts';

/** The moment at which golden tests take place. */
export const testNow = Date.parse('2026-12-01T12:00:00.000Z');

/**
 * A folder as a user's project: an asof.yaml, tables under `tables/`, and under `broken/` what damages do to tables.
 */
export async function makeWorkspace(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'tables'));
  await mkdir(join(folder, 'broken'));
  await writeFile(join(folder, 'asof.yaml'), settings);
  await writeFile(join(folder, 'typo.yaml'), 'tabels:\n  analytics.customer_features: ./tables\n');
  await Promise.all(
    ['customer_features', 'log_cleaned', 'vacuumed', 'variant', 'user_metadata'].map((name) =>
      copyTable(name, join(folder, 'tables', name)),
    ),
  );
  await Promise.all(
    Object.entries(damages).map(async ([name, damage]) => {
      const table = join(folder, 'broken', name);
      await copyTable('customer_features', table);
      await damage(table);
    }),
  );
  await writeFile(join(folder, 'broken', 'file.txt'), 'not a table\n');
  const validation = await readFile('fixtures/great-expectations/validation-result-1.24.1.json');
  await writeFile(join(folder, 'validation.json'), validation);
  await writeFile(join(folder, 'metrics-list.json'), '[0.9]\n');
  await writeFile(join(folder, 'metrics-endless.json'), '{"auc": 1e999}\n');
  await mkdir(join(folder, 'broken', 'parquet'));
  await writeFile(join(folder, 'broken', 'parquet', 'part-0.parquet'), 'PAR1');
  return folder;
}

const settings = `tables:
  analytics.customer_features: ./tables/customer_features
  analytics.cleaned: ./tables/log_cleaned
  analytics.vacuumed: ./tables/vacuumed
  analytics.events: ./tables/variant
`;

const damages: Readonly<Record<string, (table: string) => Promise<void>>> = {
  gap: (table) => rm(commitPath(table, 3)),
  truncated: (table) => truncate(commitPath(table, 4), 700),
  'not-json': (table) => appendFile(commitPath(table, 4), 'this is no JSON\n'),
  feature: (table) =>
    edit(commitPath(table, 0), (text) =>
      text.replaceAll('"deletionVectors"', '"deletionVectors","quantumColumns"'),
    ),
  outside: (table) =>
    edit(commitPath(table, 1), (text) =>
      text.replace(/"path":"part-[^"]*"/, '"path":"../../secret.parquet"'),
    ),
  absolute: (table) =>
    edit(commitPath(table, 1), (text) =>
      text.replace(/"path":"part-[^"]*"/, '"path":"file:/etc/passwd"'),
    ),
  'missing-file': async (table) => rm(join(table, await firstDataFile(table))),
  'changed-file': async (table) => appendFile(join(table, await firstDataFile(table)), 'more'),
  'empty-log': async (table) => {
    await rm(join(table, '_delta_log'), { recursive: true });
    await mkdir(join(table, '_delta_log'));
  },
};

async function firstDataFile(table: string): Promise<string> {
  const commit = await readFile(commitPath(table, 1), 'utf8');
  const [, path] = /"path":"(part-[^"]*)"/.exec(commit) ?? [];
  const found = (await readdir(table)).find((name) => name === path);
  if (found === undefined) throw new Error(`${table} has no file of its first commit`);
  return found;
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing to change in ${path}`);
  await writeFile(path, after);
}

import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import type { Bench } from '../subject.ts';

export const tableCount = 50;
const versionCount = 200;

/** Projects whose ledger holds so many stamped model versions over the same fifty tables, a version of a table each or shared. */
export async function manyModels(
  { cache, note }: Pick<Bench, 'cache' | 'note'>,
  counts: readonly number[],
): Promise<readonly { readonly models: number; readonly project: string }[]> {
  const root = join(cache, 'many-models');
  const projects = counts.map((models) => ({ models, project: join(root, String(models)) }));
  if (projects.every(({ project }) => existsSync(project))) return projects;
  const tables = join(root, 'tables');
  if (!existsSync(tables)) {
    note(`making ${tableCount} tables of ${versionCount} versions`);
    const staging = `${tables}.partial`;
    await rm(staging, { recursive: true, force: true });
    for (let index = 0; index < tableCount; index++)
      await writeTable(join(staging, `t${index}`), index);
    await rename(staging, tables);
  }
  for (const { models, project } of projects) {
    if (existsSync(project)) continue;
    note(`registering ${models} model versions`);
    await writeProject(project, tables, models);
  }
  return projects;
}

const start = Date.UTC(2026, 0, 1);

/** Each commit adds a file, and takes the one of twenty commits before away. */
async function writeTable(folder: string, index: number): Promise<void> {
  const log = join(folder, '_delta_log');
  await mkdir(log, { recursive: true });
  for (let version = 0; version < versionCount; version++) {
    const timestamp = start + version * 3_600_000;
    const actions = [
      { commitInfo: { timestamp, operation: 'WRITE', operationParameters: {} } },
      ...(version === 0 ? [protocol, metaData(index)] : []),
      {
        add: {
          path: fileName(version),
          partitionValues: {},
          size: 4,
          modificationTime: timestamp,
          dataChange: true,
          stats: '{"numRecords":10}',
        },
      },
      ...(version < 20
        ? []
        : [
            {
              remove: {
                path: fileName(version - 20),
                deletionTimestamp: timestamp,
                dataChange: true,
              },
            },
          ]),
    ];
    const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    await writeFile(join(log, `${String(version).padStart(20, '0')}.json`), text);
    await writeFile(join(folder, fileName(version)), 'PAR1');
  }
}

const fileName = (version: number) =>
  `part-00000-${version.toString(16).padStart(32, '0')}-c000.snappy.parquet`;
const protocol = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };
const metaData = (index: number) => ({
  metaData: {
    id: `5fba94ed-0000-4000-8000-${String(index).padStart(12, '0')}`,
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }],
    }),
    partitionColumns: [],
    configuration: {},
    createdTime: start,
  },
});

async function writeProject(project: string, tables: string, models: number): Promise<void> {
  // As `npm run build` left it: the compiled programs of bench do not hold the library.
  const built = (path: string) =>
    import(pathToFileURL(join(process.cwd(), 'dist', 'src', path)).href);
  const { connectRegistry, connectTables, loadSettings, parseTableName } = await built('index.js');
  const { digestOf } = await built('delta/snapshot-summary.js');
  const { metadataAt, spansAt } = await built('delta/table-timeline.js');
  const staging = `${project}.partial`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const names = Array.from(
    { length: tableCount },
    (_, index) => `  lake.t${index}: ${join(tables, `t${index}`)}\n`,
  );
  await writeFile(join(staging, 'asof.yaml'), `tables:\n${names.join('')}`);
  const settings = await loadSettings({ cwd: staging, env: {} });
  const registry = await connectRegistry(settings);
  // Makes the ledger; its rows are written at once below, since one by one each waits for the disk.
  await registry.runs.start({ name: 'first' });
  registry.close();
  const opened = connectTables(settings, { cwd: staging });
  const stamps = new Map<string, string>();
  for (let index = 0; index < tableCount; index++) {
    const table = opened.open(parseTableName(`lake.t${index}`));
    const timeline = await table.timelines.read([0]);
    for (let version = 0; version < versionCount; version++) {
      const metadata = metadataAt(timeline, version);
      const spans: { readonly line: string }[] = spansAt(timeline, version);
      const digest = digestOf(
        { ...metadata, schema: metadata.schema() },
        spans.map(({ line }) => line),
      );
      const stamped = {
        alias: 'features',
        ref: table.name,
        location: table.location,
        id: metadata.tableId,
        version,
        digest,
        rows: 10 * spans.length,
      };
      const at = new Date(start).toISOString();
      const stamp = { v: 1, at, asof: 'bench', tables: [stamped] };
      stamps.set(`${index} ${version}`, JSON.stringify(stamp));
    }
  }
  const database = new Database(settings.ledger.value);
  database.exec('BEGIN');
  const run = database.prepare("INSERT INTO runs VALUES (?, 'Default', NULL, 'FINISHED', ?, ?)");
  const tag = database.prepare("INSERT INTO run_tags VALUES (?, 'asof.stamp', ?)");
  const model = database.prepare('INSERT OR IGNORE INTO models VALUES (?, NULL, ?)');
  const made = database.prepare(
    'INSERT INTO model_versions VALUES (?, ?, ?, NULL, NULL, NULL, ?, ?)',
  );
  for (let number = 0; number < models; number++) {
    const index = number % tableCount;
    const version = Math.floor(number / tableCount) % versionCount;
    const key = `${index} ${version}`;
    const stamp = stamps.get(key) ?? '';
    const id = number.toString(16).padStart(32, '0');
    const name = `model_${String(number % 100).padStart(2, '0')}`;
    run.run([id, start, start]);
    tag.run([id, stamp]);
    model.run([name, start]);
    made.run([name, Math.floor(number / 100) + 1, id, start, start]);
  }
  database.exec('COMMIT');
  database.close();
  await rename(staging, project);
}

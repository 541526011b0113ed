import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../subject.ts';

/** How many commits the tables have. */
export const commits = 10_000;

/** After which versions the tables have checkpoints. */
const checkpoints: Readonly<Record<string, readonly number[]>> = {
  'without a checkpoint': [],
  'with one checkpoint': [9_900],
  'with a checkpoint every 100 commits': Array.from({ length: 99 }, (_, n) => (n + 1) * 100),
};

/** Tables of ten thousand commits as a stream writes them: a file each, and every tenth also takes one away. */
export async function manyCommits({ cache, stopwatch, python, scripts, note }: Bench) {
  const tables: { readonly title: string; readonly path: string }[] = [];
  for (const [title, versions] of Object.entries(checkpoints)) {
    const path = join(cache, 'many-commits', title.replaceAll(' ', '-'));
    tables.push({ title, path });
    if (existsSync(path)) continue;
    note(`making the table ${title}`);
    const staging = `${path}.partial`;
    await rm(staging, { recursive: true, force: true });
    const [first] = tables;
    if (first === undefined || first.path === path) await writeLog(staging);
    else await cp(first.path, staging, { recursive: true, preserveTimestamps: true });
    if (versions.length > 0) {
      const argv = [python, join(scripts, 'checkpoint.py'), staging, ...versions.map(String)];
      await stopwatch.run({ argv });
    }
    await rename(staging, path);
  }
  return tables;
}

async function writeLog(table: string): Promise<void> {
  const log = join(table, '_delta_log');
  await mkdir(log, { recursive: true });
  for (let version = 0; version < commits; version++) {
    const text = actions(version)
      .map((action) => `${JSON.stringify(action)}\n`)
      .join('');
    await writeFile(join(log, `${String(version).padStart(20, '0')}.json`), text);
  }
}

const start = Date.UTC(2025, 0, 1);

function actions(version: number): readonly object[] {
  const timestamp = start + version * 1000;
  return [
    {
      commitInfo: {
        timestamp,
        operation: 'WRITE',
        operationParameters: { mode: 'Append', partitionBy: '[]' },
        isolationLevel: 'Serializable',
        isBlindAppend: true,
        operationMetrics: { numFiles: '1', numOutputRows: '100', numOutputBytes: '1234' },
        engineInfo: 'Apache-Spark/4.2.0 Delta-Lake/4.4.0',
        txnId: hex(version),
      },
    },
    ...(version === 0 ? [protocol, metaData] : []),
    {
      add: {
        path: file(version),
        partitionValues: {},
        size: 1234,
        modificationTime: timestamp,
        dataChange: true,
        stats: JSON.stringify({
          numRecords: 100,
          minValues: { id: version * 100, x: 0.5, p: 'aaa' },
          maxValues: { id: version * 100 + 99, x: 99.5, p: 'zzz' },
          nullCount: { id: 0, x: 0, p: 0 },
        }),
      },
    },
    ...(version % 10 === 9
      ? [
          {
            remove: {
              path: file(version - 5),
              deletionTimestamp: timestamp,
              dataChange: true,
              extendedFileMetadata: true,
              partitionValues: {},
              size: 1234,
            },
          },
        ]
      : []),
  ];
}

const hex = (version: number) => version.toString(16).padStart(32, '0');
const file = (version: number) => `part-00000-${hex(version)}-c000.snappy.parquet`;

const protocol = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };
const column = (name: string, type: string) => ({ name, type, nullable: true, metadata: {} });
const metaData = {
  metaData: {
    id: '5fba94ed-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: [column('id', 'long'), column('x', 'double'), column('p', 'string')],
    }),
    partitionColumns: [],
    configuration: {
      'delta.logRetentionDuration': 'interval 36500 days',
      'delta.enableExpiredLogCleanup': 'false',
    },
    createdTime: start,
  },
};

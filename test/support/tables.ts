import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterAll } from 'vitest';

const root = 'fixtures/delta-tables';

/** What `case.json` says of a table: see fixtures/delta-tables/README.md. */
export interface TableCase {
  readonly writer: string;
  readonly features: readonly string[];
  readonly note: string;
  /** Folders that some file systems could not hold under their own name, by the name they have here. */
  readonly renamed?: Readonly<Record<string, string>>;
  readonly protocol: {
    readonly minReaderVersion: number;
    readonly minWriterVersion: number;
    readonly tableFeatures: readonly string[];
  };
  readonly partitionColumns: readonly string[];
  readonly numFiles: number;
  readonly versions: readonly VersionCase[];
  readonly history: readonly HistoryCase[];
}

export interface VersionCase {
  readonly version: number;
  readonly rowCount?: number;
  readonly schema?: {
    readonly fields: readonly { readonly name: string; readonly type: unknown }[];
  };
  readonly error?: { readonly errorClass: string | null; readonly message: string };
}

export interface HistoryCase {
  readonly version: number;
  readonly timestamp: string;
  readonly operation: string;
  readonly operationParameters: Readonly<Record<string, string | null>> | null;
  readonly operationMetrics: Readonly<Record<string, string>> | null;
  readonly readVersion: number | null;
  readonly isolationLevel: string | null;
  readonly isBlindAppend: boolean | null;
  readonly userMetadata: string | null;
}

export const tableNames: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'generate')
  .map(({ name }) => name);

export function tableCase(name: string): TableCase {
  return JSON.parse(readFileSync(`${root}/${name}/case.json`, 'utf8'));
}

/** The rows that Spark read, as sorted canonical lines. */
export async function sparkRows(name: string, version: number): Promise<readonly string[]> {
  const text = await readFile(`${root}/${name}/rows/v${version}.jsonl`, 'utf8');
  return text.split('\n').slice(0, -1);
}

/**
 * A copy of a table that a test may break, its commit files with the times that they had (git keeps none): without in-commit timestamps
 * those are the commit times. Checkpoints have the time of their commit, data files that of the first. Removed after the file's last test.
 */
export async function copyTable(name: string, to?: string): Promise<string> {
  const folder = to ?? join(await temporaryFolder(), name);
  await cp(`${root}/${name}/table`, folder, { recursive: true });
  const { history, renamed = {} } = tableCase(name);
  for (const [here, real] of Object.entries(renamed)) {
    await rename(join(folder, here), join(folder, real));
  }
  // Half a millisecond more: a file time is kept as a fraction, and the fraction is cut off.
  const timeOf = (timestamp: string) => (Date.parse(timestamp) + 0.5) / 1000;
  const times = new Map(history.map(({ version, timestamp }) => [version, timeOf(timestamp)]));
  const [first = 0] = [...times.values()].sort((a, b) => a - b);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // Data files as old as the table; checkpoints as old as their commit.
    const isOfLog = entry.parentPath.split(sep).includes('_delta_log');
    const time = isOfLog ? times.get(Number.parseInt(entry.name, 10)) : first;
    if (time !== undefined) await utimes(join(entry.parentPath, entry.name), time, time);
  }
  return folder;
}

export function commitPath(table: string, version: number): string {
  return join(table, '_delta_log', `${String(version).padStart(20, '0')}.json`);
}

export async function logFiles(table: string): Promise<readonly string[]> {
  return (await readdir(join(table, '_delta_log'))).sort();
}

const folders: string[] = [];

/** Removed after the file's last test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'asof-test-'));
  folders.push(folder);
  return folder;
}

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

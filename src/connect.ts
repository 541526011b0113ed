import { homedir } from 'node:os';
import { join } from 'node:path';
import { closest } from './base/closest.ts';
import { LineageError } from './base/errors.ts';
import type { DeltaTable, DeltaTables } from './delta/delta-table.ts';
import { duckdbReader } from './delta/duckdb/duckdb-reader.ts';
import { localTableStore } from './delta/log/local-table-store.ts';
import { logHistory } from './delta/log/log-history.ts';
import { logSnapshots, preloadSnapshots } from './delta/log/log-snapshots.ts';
import { formatTableName, type TableName } from './delta/table-ref.ts';
import type { ArtifactReader } from './registry/artifact-reader.ts';
import type { ModelRegistry } from './registry/model-registry.ts';
import type { RegistryMirror, RegistryPast } from './registry/registry-past.ts';
import type { RunSearch, RunTagger } from './registry/run-search.ts';
import type { RunStore } from './registry/run-store.ts';
import type { StampArchive } from './registry/stamp-archive.ts';
import type { StampJournal } from './registry/stamp-journal.ts';
import type { Settings } from './settings.ts';

export { preloadSnapshots };

/**
 * Tables by name or location. Relative locations start at `cwd`; names are looked up in the settings.
 *
 * @param now epoch milliseconds; decides which moments are in the future
 */
export function connectTables(
  settings: Pick<Settings, 'tables'>,
  options: { readonly cwd: string; readonly now?: () => number },
): DeltaTables {
  const { cwd, now = Date.now } = options;
  return {
    open(table) {
      const location = locationOf(table, settings);
      const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
      if (scheme !== undefined && scheme !== 'file') {
        throw new LineageError('STORE_UNSUPPORTED', { location, scheme: `${scheme}:` });
      }
      return logTable(table, location, cwd, now);
    },
  };
}

function locationOf(table: TableName, { tables }: Pick<Settings, 'tables'>): string {
  if (table.kind === 'location') return table.text;
  const names = Object.keys(tables);
  const name = table.parts.join('.');
  const known = names.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  const location = known === undefined ? undefined : tables[known];
  if (location !== undefined) return location;
  throw new LineageError('TABLE_NAME_UNKNOWN', { name, closest: closest(name, names) });
}

function logTable(table: TableName, folder: string, cwd: string, now: () => number): DeltaTable {
  const store = localTableStore(folder, cwd);
  const name = table.kind === 'name' ? formatTableName(table.parts) : store.root;
  const snapshots = logSnapshots(store, name);
  return {
    name,
    location: store.root,
    history: logHistory(store, name, now),
    snapshots,
    reader: duckdbReader(name, snapshots),
  };
}

export interface Registry {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly journal: StampJournal;
  /** The copies that the journal keeps. */
  readonly archive: StampArchive;
  readonly search: RunSearch;
  readonly tagger: RunTagger;
  /** Absent where no files lie with runs. */
  readonly artifactReader?: ArtifactReader;
  /** What stood where, and when: as the ledger recorded it, or as `sync` saw it. */
  readonly past: RegistryPast;
  /** The copy of an MLflow server in the ledger; absent where the ledger is the registry itself. */
  readonly mirror?: RegistryMirror;
  close(): void;
}

/**
 * The MLflow server that the settings name, or the ledger where they name none. Nothing is asked of either yet.
 *
 * @throws LineageError TRACKING_URI_UNSUPPORTED, CONFIG_INVALID
 */
export async function connectRegistry(
  settings: Settings,
  options: { readonly now?: () => number } = {},
): Promise<Registry> {
  const { openLedger } = await import('./registry/ledger/ledger.ts');
  const ledger = openLedger(settings.ledger.value, options.now);
  const close = () => ledger.close();
  if (settings.trackingUri.value === undefined) {
    const { runs, models, journal, archive, search, tagger, past } = ledger;
    return { runs, models, journal, archive, search, tagger, past, close };
  }
  const { connectMlflow } = await import('./registry/mlflow/connect-mlflow.ts');
  const { mlflowSettings } = await import('./registry/mlflow/settings.ts');
  const { readMlflowCredentials } = await import('./registry/mlflow/credentials-file.ts');
  const mlflow = mlflowSettings(
    {
      ...settings.env,
      MLFLOW_TRACKING_URI: settings.trackingUri.value,
      MLFLOW_REGISTRY_URI: settings.registryUri.value,
    },
    await readMlflowCredentials(join(homedir(), '.mlflow', 'credentials')),
  );
  if (mlflow === undefined) throw new TypeError('a tracking URI was given');
  const connected = connectMlflow(mlflow);
  const mirror = ledger.mirror(connected.models.title);
  const { journal, archive } = ledger;
  return { ...connected, journal, archive, past: mirror.past, mirror, close };
}

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { closest } from './base/closest.ts';
import { LineageError } from './base/errors.ts';
import { agreedTimelines, bothEngines } from './delta/both-engines.ts';
import { type WarehouseSettings, warehouseSettings } from './delta/databricks/settings.ts';
import type { SqlSession } from './delta/databricks/sql-session.ts';
import { type WarehouseEvent, warehouseSession } from './delta/databricks/warehouse-session.ts';
import { warehouseTable } from './delta/databricks/warehouse-table.ts';
import type { DeltaTable, DeltaTables } from './delta/delta-table.ts';
import { duckdbReader } from './delta/duckdb/duckdb-reader.ts';
import { writeRows } from './delta/duckdb/row-writer.ts';
import { localCopier } from './delta/log/local-copier.ts';
import { localTableStore } from './delta/log/local-table-store.ts';
import { logHistory } from './delta/log/log-history.ts';
import { logSnapshots, preloadSnapshots } from './delta/log/log-snapshots.ts';
import { logTimelines } from './delta/log/log-timelines.ts';
import { formatTableName, type TableName } from './delta/table-ref.ts';
import { plainName, type Settings } from './settings.ts';
import { asofVersion } from './version.ts';

export { preloadSnapshots, type WarehouseEvent };

/**
 * Tables by name or location. Relative locations start at `cwd`. Names are looked up in the settings, then in the SQL warehouse, where
 * one is configured; which engine serves a name that both know is a setting too.
 *
 * @param options.now epoch milliseconds; decides which moments are in the future
 * @param options.onWarehouse is told what a warehouse does meanwhile
 */
export function connectTables(
  settings: Pick<Settings, 'tables'> & Partial<Pick<Settings, 'engine' | 'env'>>,
  options: {
    readonly cwd: string;
    readonly now?: () => number;
    readonly onWarehouse?: (event: WarehouseEvent) => void;
  },
): DeltaTables {
  const { cwd, now = Date.now, onWarehouse } = options;
  const engine = settings.engine?.value ?? 'auto';
  let session: SqlSession | undefined;
  let found: { readonly settings: WarehouseSettings | undefined } | undefined;
  const warehouse = (): SqlSession | undefined => {
    if (session !== undefined) return session;
    found ??= { settings: warehouseOf(settings.env ?? {}) };
    if (found.settings === undefined) return;
    session = warehouseSession(found.settings, {
      agent: `asof/${asofVersion}`,
      onEvent: onWarehouse,
    });
    return session;
  };
  // A whole registry names the same few tables again and again.
  const opened = new Map<string, DeltaTable>();
  const located = (table: TableName, location: string) => {
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
    if (scheme !== undefined && scheme !== 'file') {
      throw new LineageError('STORE_UNSUPPORTED', { location, scheme: `${scheme}:` });
    }
    const key = `${table.kind} ${table.text} ${location}`;
    const handle = opened.get(key) ?? logTable(table, location, cwd, now);
    opened.set(key, handle);
    return handle;
  };

  return {
    open(table) {
      if (table.kind === 'location') return located(table, table.text);
      const location = mappedLocation(table, settings);
      const asked = engine === 'log' ? undefined : warehouse();
      if (asked === undefined) {
        if (location !== undefined) return located(table, location);
        const name = table.parts.join('.');
        const names = Object.keys(settings.tables);
        // `customers` is a name, `./customers` a folder.
        const isFolder = existsSync(join(cwd, table.text, '_delta_log'));
        const meant = isFolder ? `./${table.text}` : closest(name, names);
        throw new LineageError('TABLE_NAME_UNKNOWN', { name, closest: meant });
      }
      const byName = warehouseTable(asked, table.parts, { now, writer: writeRows });
      if (engine === 'warehouse') return byName;
      if (location !== undefined) {
        const log = located(table, location);
        const both = bothEngines(byName, async () => log, asked.title);
        const timelines = log.timelines && agreedTimelines(log.timelines, both);
        return {
          ...both,
          location: log.location,
          ...(timelines && { timelines }),
          ...(log.copier && { copier: log.copier }),
        };
      }
      const findLog = async (call: { readonly signal?: AbortSignal }) => {
        const there = await byName.facts.location(call);
        return there !== undefined && isReachable(there) ? located(table, there) : undefined;
      };
      return bothEngines(byName, findLog, asked.title);
    },
    async close() {
      await session?.close();
      session = undefined;
    },
  };
}

function warehouseOf(env: Settings['env']): WarehouseSettings | undefined {
  return warehouseSettings(env, { configFile: join(homedir(), '.databrickscfg') });
}

/** Where the settings say that a table of that name lies. */
function mappedLocation(
  { parts }: Extract<TableName, { readonly kind: 'name' }>,
  { tables }: Pick<Settings, 'tables'>,
): string | undefined {
  const name = plainName(parts.join('.'));
  const known = Object.keys(tables).find((candidate) => plainName(candidate) === name);
  return known === undefined ? undefined : tables[known];
}

/** Whether a location that a warehouse told of is a folder of this machine too, with a log in it. */
function isReachable(location: string): boolean {
  return isAbsolute(location) && existsSync(join(location, '_delta_log'));
}

function logTable(table: TableName, folder: string, cwd: string, now: () => number): DeltaTable {
  const store = localTableStore(folder, cwd);
  const name = table.kind === 'name' ? formatTableName(table.parts) : store.root;
  const snapshots = logSnapshots(store, name);
  return {
    name,
    location: store.root,
    history: logHistory(store, name, now),
    facts: snapshots,
    snapshots,
    reader: duckdbReader(name, snapshots),
    copier: localCopier(store, name),
    timelines: logTimelines(store, name, async (paths, options) => {
      const { duckdbCheckpointRemoves } = await import('./delta/duckdb/checkpoint-removes.ts');
      return await duckdbCheckpointRemoves(paths, options);
    }),
  };
}

import { existsSync } from 'node:fs';
import {
  connectRegistry,
  connectTables,
  type DeltaTables,
  isLineageError,
  LineageError,
  type Moment,
  type Pin,
  type PinRequest,
  parseAliasedRef,
  parseTableRef,
  pinTables,
  preloadSnapshots,
  type ReadSpec,
  type Registry,
  type Settings,
  type TableName,
  type TraceOptions,
  type TraceSources,
  unnamedVersion,
} from '../src/index.ts';
import type { CommandContext } from './context.ts';

/** Tables for a command that is going to open snapshots of some. */
export function tablesFor(context: CommandContext, settings: Settings): DeltaTables {
  preloadSnapshots();
  return historiesFor(context, settings);
}

/** The names under which runs record their data, by the settings. */
export function recordNames({ versionParams, evidenceNames }: Settings) {
  return { versionParams, names: evidenceNames };
}

/** How a trace reads records, by the settings; with a table that the user names where runs name none. */
export function evidenceFor(
  settings: Settings,
  table?: string,
): Pick<TraceOptions, 'versionParams' | 'names' | 'suspects'> {
  const { versionParams, names } = recordNames(settings);
  const known = Object.keys(settings.tables).map((ref) => ({ ref, isNamed: false }));
  if (table === undefined) return { versionParams, names, suspects: known };
  return {
    versionParams: [{ version: unnamedVersion, table }, ...versionParams],
    names,
    suspects: [{ ref: table, isNamed: true }],
  };
}

/**
 * Of a command that permits something where no model is in the way: an absent ledger tells of none.
 *
 * @throws LineageError LEDGER_MISSING
 */
export function requireLedger({ trackingUri, ledger }: Settings): void {
  if (trackingUri.value !== undefined || existsSync(ledger.value)) return;
  throw new LineageError('LEDGER_MISSING', { path: ledger.value });
}

/**
 * Where a command reads runs and models from: the registry, or the copy of it that `asof sync` keeps.
 *
 * @throws LineageError SYNC_MISSING
 */
export function sourcesFor(
  registry: Registry,
  isOffline: boolean,
): Omit<TraceSources, 'tables' | 'search'> & Required<Pick<TraceSources, 'search'>> {
  const { mirror } = registry;
  // The ledger is its own copy.
  if (!isOffline || mirror === undefined) return registry;
  if (mirror.lastSeen() === undefined) {
    throw new LineageError('SYNC_MISSING', { registry: registry.models.title });
  }
  const { journal, runs } = registry;
  const stampsOf = (_: string, runId: string) => journal.stampsOf(runs.title, runId);
  const { models, search, modelFiles } = mirror;
  return { runs: mirror.runs, models, search, modelFiles, journal: { stampsOf } };
}

/**
 * A moment of the past as `--on` takes it; a date alone is its last instant in UTC, or now on that very day.
 *
 * @throws LineageError OPTION_INVALID
 */
export function pastMoment(text: string, now: number): number {
  const invalid = (problem: string) =>
    new LineageError('OPTION_INVALID', { option: '--on', problem });
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  let instant: number;
  try {
    const { moment } = parseTableRef(`t@${text}`);
    if (moment.kind !== 'instant') throw invalid('it is a date or an instant');
    instant = moment.instant + (isDate ? 86_400_000 - 1 : 0);
  } catch (error) {
    if (!isLineageError(error, 'REF_INVALID')) throw error;
    throw invalid(`'${text}' is no date like 2026-03-31, nor an instant like 2026-03-31T12:00:00Z`);
  }
  if (isDate && instant > now && instant - 86_400_000 < now) return now;
  if (instant > now) throw invalid(`${text} is in the future`);
  return instant;
}

/** Tables for a command that asks for their history alone. What is opened for them ends with the command. */
export function historiesFor(context: CommandContext, settings: Settings): DeltaTables {
  const { cwd, now, err, atEnd } = context;
  let isTold = false;
  const tables = connectTables(settings, {
    cwd,
    now,
    onWarehouse: ({ host }) => {
      if (!isTold) err(`asof: the warehouse at ${host} is starting; waiting for it\n`);
      isTold = true;
    },
  });
  atEnd(async () => await tables.close?.());
  return tables;
}

/**
 * Tables as `--table` names them: `alias=REF` or `REF`.
 *
 * @throws LineageError REF_INVALID, NAME_INVALID, TABLE_NAME_UNKNOWN, OPTION_INVALID for an alias given twice
 */
export function pinRequests(texts: readonly string[], tables: DeltaTables): readonly PinRequest[] {
  const requests = texts.map((text) => {
    const { alias, ref } = parseAliasedRef(text);
    const { table, moment } = parseTableRef(ref);
    return { alias, table: tables.open(table), moment };
  });
  const seen = new Set<string>();
  for (const { alias } of requests) {
    // They become environment variables, in upper case.
    const key = alias.toUpperCase();
    if (seen.has(key)) {
      const problem = `two tables are called ${alias}; name one otherwise, as in other=${alias}`;
      throw new LineageError('OPTION_INVALID', { option: '--table', problem });
    }
    seen.add(key);
  }
  return requests;
}

/**
 * Pins tables, with a digest of their rows where that is asked for; what of them is known already is in the ledger.
 *
 * @throws LineageError as `pinTables` does
 */
export async function pinWith(
  { now, signal }: CommandContext,
  settings: Settings,
  requests: readonly PinRequest[],
  withRowDigests: boolean,
): Promise<readonly Pin[]> {
  if (!withRowDigests) return await pinTables(requests, { signal });
  const { digests, close } = await connectRegistry(settings, { now });
  try {
    return await pinTables(requests, { rowDigests: digests, signal });
  } finally {
    close();
  }
}

/** Options that say what of a table is read. With several tables each is written `alias=…`. */
export interface ReadOptions {
  readonly columns?: readonly string[] | undefined;
  readonly where?: readonly string[] | undefined;
  readonly split?: readonly string[] | undefined;
  readonly seed?: readonly string[] | undefined;
}

/**
 * What is read of each table, by alias.
 *
 * @throws LineageError OPTION_INVALID
 */
export function readSpecs(
  aliases: readonly string[],
  options: ReadOptions,
  parse: { readonly columns: (text: string) => string[]; readonly seed: (text: string) => number },
): Readonly<Record<string, ReadSpec>> {
  const specs: Record<string, ReadSpec> = {};
  const add = (option: string, texts: readonly string[] = [], read: (text: string) => ReadSpec) => {
    for (const text of texts) {
      const { alias, value } = forTable(option, text, aliases);
      specs[alias] = { ...specs[alias], ...read(value) };
    }
  };
  add('--columns', options.columns, (text) => ({ columns: parse.columns(text) }));
  add('--where', options.where, (where) => ({ where }));
  add('--split', options.split, (split) => ({ split }));
  add('--seed', options.seed, (text) => ({ seed: parse.seed(text) }));
  return specs;
}

function forTable(option: string, text: string, aliases: readonly string[]) {
  const [only, ...others] = aliases;
  if (only !== undefined && others.length === 0) return { alias: only, value: text };
  const alias = aliases.find((known) => text.startsWith(`${known}=`));
  if (alias === undefined) {
    const problem = `with several tables it begins with one of ${aliases.map((known) => `${known}=`).join(', ')}`;
    throw new LineageError('OPTION_INVALID', { option: `${option} ${text}`, problem });
  }
  return { alias, value: text.slice(alias.length + 1) };
}

/** A table and a moment as one argument. */
export function tableRef(
  text: string,
  tables: DeltaTables,
): {
  readonly table: ReturnType<DeltaTables['open']>;
  readonly name: TableName;
  readonly moment: Moment;
} {
  const { table, moment } = parseTableRef(text);
  return { table: tables.open(table), name: table, moment };
}

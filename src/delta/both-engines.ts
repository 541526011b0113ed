import { isLineageError, LineageError } from '../base/errors.ts';
import type { DeltaTable } from './delta-table.ts';
import type { CallOptions } from './snapshot.ts';
import type { TableVersion } from './table-history.ts';
import type { Timelines } from './table-timeline.ts';
import type { VersionFacts } from './version-facts.ts';

/**
 * A table that a warehouse knows by name and whose log can be read where it lies: versions are resolved by both, files and rows come from
 * the log, copies are made by the warehouse. The two must agree on which table it is, and which version.
 *
 * @param findLog the table by its location, or undefined where that can't be read from here; asked once
 * @param host the warehouse, for messages
 */
export function bothEngines(
  warehouse: DeltaTable,
  findLog: (options: CallOptions) => Promise<DeltaTable | undefined>,
  host: string,
): DeltaTable {
  let finding: Promise<DeltaTable | undefined> | undefined;
  const logTable = (options: CallOptions) => {
    finding ??= findLog(options).catch((error: unknown) => {
      finding = undefined;
      throw error;
    });
    return finding;
  };
  const disagree = (log: DeltaTable, what: string, inLog: string, there: string) =>
    new LineageError('ENGINES_DISAGREE', {
      table: warehouse.name,
      what,
      location: log.location,
      log: inLog,
      host,
      warehouse: there,
    });

  /** Tables only grow: what the warehouse says lies between two looks at the log, or they are two tables. */
  async function latestOfBoth(log: DeltaTable, options: CallOptions): Promise<TableVersion> {
    const latest = { kind: 'latest' } as const;
    const before = await log.history.resolve(latest, options);
    const there = await unlessUnknown(warehouse.history.resolve(latest, options));
    if (there === undefined) return before;
    if (there.version === before.version) return there;
    const after = await log.history.resolve(latest, options);
    if (there.version > before.version && there.version <= after.version) return there;
    throw disagree(log, 'the latest version', `v${after.version}`, `v${there.version}`);
  }

  async function factsOfBoth(
    log: DeltaTable,
    version: number,
    options: CallOptions,
  ): Promise<VersionFacts> {
    const [inLog, there] = await Promise.all([
      log.snapshots.at(version, options),
      unlessUnknown(warehouse.facts.at(version, options)),
    ]);
    if (there !== undefined && there.tableId !== inLog.tableId) {
      // A warehouse tells today's id of whatever version, and CREATE OR REPLACE TABLE gives a new one.
      const latest = await log.history.resolve({ kind: 'latest' }, options);
      const { tableId } = await log.snapshots.at(latest.version, options);
      if (there.tableId !== tableId) throw disagree(log, 'the table id', tableId, there.tableId);
    }
    return { ...inLog, location: log.location };
  }

  return {
    ...warehouse,
    history: {
      async *commits(options = {}) {
        const log = await logTable(options);
        yield* (log ?? warehouse).history.commits(options);
      },
      async resolve(moment, options = {}) {
        const log = await logTable(options);
        if (log === undefined) return await warehouse.history.resolve(moment, options);
        if (moment.kind === 'latest') return await latestOfBoth(log, options);
        return await log.history.resolve(moment, options);
      },
    },
    facts: {
      async at(version, options = {}) {
        const log = await logTable(options);
        if (log === undefined) return await warehouse.facts.at(version, options);
        return await factsOfBoth(log, version, options);
      },
    },
    snapshots: {
      async at(version, options = {}) {
        const log = await logTable(options);
        return await (log ?? warehouse).snapshots.at(version, options);
      },
      async audit(files, options = {}) {
        const log = await logTable(options);
        return await (log ?? warehouse).snapshots.audit(files, options);
      },
    },
    reader: {
      async write(facts, directory, options = {}) {
        const log = await logTable(options);
        return await (log ?? warehouse).reader.write(facts, directory, options);
      },
      async *rows(facts, options = {}) {
        const log = await logTable(options);
        yield* (log ?? warehouse).reader.rows(facts, options);
      },
      async digest(facts, options = {}) {
        const log = await logTable(options);
        return await (log ?? warehouse).reader.digest(facts, options);
      },
      async fileSums(snapshot, files, options = {}) {
        const { reader, name } = (await logTable(options)) ?? warehouse;
        if (reader.fileSums === undefined) throw new LineageError('FILES_UNKNOWN', { table: name });
        return await reader.fileSums(snapshot, files, options);
      },
      async fileCounts(snapshot, files, options) {
        const { reader, name } = (await logTable(options)) ?? warehouse;
        if (reader.fileCounts === undefined)
          throw new LineageError('FILES_UNKNOWN', { table: name });
        return await reader.fileCounts(snapshot, files, options);
      },
    },
  };
}

/** The timelines of a log that a warehouse knows too: read when both agree on the table and its latest version. */
export function agreedTimelines(
  timelines: Timelines,
  { history, facts }: Pick<DeltaTable, 'history' | 'facts'>,
): Timelines {
  return {
    ...timelines,
    async read(versions, options = {}) {
      const { version } = await history.resolve({ kind: 'latest' }, options);
      await facts.at(version, options);
      return await timelines.read(versions, options);
    },
  };
}

/** Undefined where the warehouse has no table of that name, or does not read that version: then it does not disagree. */
async function unlessUnknown<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isLineageError(error) && notTold.has(error.code)) return;
    throw error;
  }
}

const notTold: ReadonlySet<string> = new Set([
  'TABLE_NOT_IN_WAREHOUSE',
  'VERSION_REFUSED',
  'VERSION_TOO_OLD',
  'FEATURE_UNSUPPORTED',
]);

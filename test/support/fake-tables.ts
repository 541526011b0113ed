import { LineageError } from '../../src/base/errors.ts';
import type { DeltaTable, DeltaTables } from '../../src/delta/delta-table.ts';
import type { DataFile, Snapshots } from '../../src/delta/snapshot.ts';
import { summarize } from '../../src/delta/snapshot-summary.ts';
import type { Commit, TableHistory } from '../../src/delta/table-history.ts';
import type { TableReader } from '../../src/delta/table-reader.ts';
import { aFile, aSnapshot, tableId } from './builders.ts';

/** One version of a fake table. */
export interface FakeVersion {
  /** ISO 8601; absent: only a checkpoint is left. */
  readonly at?: string;
  readonly operation?: string;
  readonly files?: readonly DataFile[];
  /** The table id, where it is not that of the table. */
  readonly id?: string;
}

export interface FakeTableOptions {
  readonly name?: string;
  readonly location?: string;
  readonly id?: string;
  /** From version 0 on. */
  readonly versions?: readonly FakeVersion[];
  readonly properties?: Readonly<Record<string, string>>;
  /** Paths of data files that are no longer there. */
  readonly missing?: readonly string[];
  /** Sizes that data files have now, by path. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** What asking for a version throws, instead of an answer. */
  readonly failures?: Readonly<Record<number, LineageError>>;
  /** What any question throws. */
  readonly failure?: LineageError;
  readonly reader?: Partial<TableReader>;
}

/** Committed a day apart from 2026-03-01 on. */
export const threeVersions: readonly FakeVersion[] = [
  { at: '2026-03-01T00:00:00.000Z', operation: 'CREATE TABLE', files: [] },
  { at: '2026-03-02T00:00:00.000Z', operation: 'WRITE', files: [aFile({ path: 'a' })] },
  { at: '2026-03-03T00:00:00.000Z', operation: 'MERGE', files: [aFile({ path: 'b' })] },
];

/** A table in memory that keeps the promises of `TableHistory` and `Snapshots`. */
export function fakeTable(options: FakeTableOptions = {}): DeltaTable {
  const { name = 'analytics.features', versions = threeVersions } = options;
  const location = options.location ?? '/tables/features';
  const latest = versions.length - 1;
  const check = (version: number) => {
    if (options.failure !== undefined) throw options.failure;
    const failure = options.failures?.[version];
    if (failure !== undefined) throw failure;
    if (version > latest) {
      throw new LineageError('VERSION_TOO_NEW', { table: name, version, latest });
    }
  };
  const timeOf = (version: number) => {
    const at = versions[version]?.at;
    return at === undefined ? undefined : Date.parse(at);
  };
  const operationOf = (version: number) => {
    const operation = versions[version]?.operation;
    return operation === undefined ? {} : { operation };
  };

  const history: TableHistory = {
    async *commits({ limit } = {}) {
      if (options.failure !== undefined) throw options.failure;
      const newestFirst = versions.map((_, version) => version).reverse();
      for (const version of newestFirst.slice(0, limit)) {
        const timestamp = timeOf(version);
        if (timestamp === undefined) continue;
        const commit: Commit = { version, timestamp, ...operationOf(version) };
        yield commit;
      }
    },
    async resolve(moment) {
      if (options.failure !== undefined) throw options.failure;
      const version =
        moment.kind === 'version'
          ? moment.version
          : moment.kind === 'latest'
            ? latest
            : versions.findLastIndex((_, index) => (timeOf(index) ?? 0) <= moment.instant);
      if (version < 0) {
        throw new LineageError('MOMENT_TOO_EARLY', {
          table: name,
          moment: moment.kind,
          oldest: versions[0]?.at ?? '',
          oldestVersion: 0,
        });
      }
      check(version);
      const committedAt = timeOf(version);
      return {
        version,
        isLatest: version === latest,
        ...(committedAt !== undefined && { committedAt, ...operationOf(version) }),
      };
    },
  };

  const snapshots: Snapshots = {
    async at(version) {
      check(version);
      return aSnapshot({
        version,
        tableId: versions[version]?.id ?? options.id ?? tableId,
        properties: options.properties ?? {},
        files: versions[version]?.files ?? [],
      });
    },
    async audit(files) {
      const pathOf = (at: string) => at.slice(at.lastIndexOf('/') + 1);
      return {
        missing: files.filter((file) => options.missing?.includes(pathOf(file.location))),
        changed: files.flatMap((file) => {
          const sizeBytes = options.sizes?.[pathOf(file.location)];
          return sizeBytes === undefined ? [] : [{ file, sizeBytes }];
        }),
      };
    },
  };

  const reader: TableReader = {
    write: () => Promise.reject(new Error('this table is not read')),
    async *rows() {
      yield* [];
      throw new Error('this table is not read');
    },
    digest: () => Promise.reject(new Error('this table is not read')),
    ...options.reader,
  };
  return { name, location, history, facts: snapshots, snapshots, reader };
}

/** Tables by name and by location. */
export function fakeTables(...known: readonly DeltaTable[]): DeltaTables {
  return {
    open(table) {
      const text = table.kind === 'name' ? table.parts.join('.') : table.text;
      const found = known.find(({ name, location }) => name === text || location === text);
      if (found !== undefined) return found;
      throw new LineageError('TABLE_NAME_UNKNOWN', { name: text });
    },
  };
}

/** The digest of a version, as a stamp has it. */
export async function digestOf(table: DeltaTable, version: number): Promise<string> {
  return (await summarize(await table.snapshots.at(version))).digest;
}

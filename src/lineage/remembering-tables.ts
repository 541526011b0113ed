import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import type { DataFile, DataFileIdentity, Snapshot } from '../delta/snapshot.ts';
import type { Commit } from '../delta/table-history.ts';
import { formatTableName } from '../delta/table-ref.ts';
import { type Opened, opened } from './find-table.ts';

/**
 * Tables that are looked at once and answer the same from then on, for a command that asks the same of thousands of runs. What
 * happens to them meanwhile is not seen.
 */
export function rememberingTables(tables: DeltaTables): DeltaTables {
  const known = new Map<string, Opened>();
  return {
    open(name) {
      const key = name.kind === 'location' ? name.text : `name ${formatTableName(name.parts)}`;
      const found = known.get(key) ?? opened(() => remembering(tables.open(name)));
      known.set(key, found);
      if (found.failure) throw found.failure;
      return found.table;
    },
  };
}

function remembering(table: DeltaTable): DeltaTable {
  const { history, snapshots } = table;
  let commits: Promise<readonly Commit[]> | undefined;
  const allCommits = async () => {
    const found: Commit[] = [];
    for await (const commit of history.commits()) found.push(commit);
    return found;
  };
  const resolve = once((_key: string, moment: Parameters<typeof history.resolve>[0]) =>
    history.resolve(moment),
  );
  const at = once(async (_: string, version: number) => kept(await snapshots.at(version)));
  const audits = new Map<string, 'there' | 'missing' | number>();
  return {
    ...table,
    history: {
      async *commits({ limit } = {}) {
        commits ??= allCommits();
        yield* (await commits).slice(0, limit);
      },
      async resolve(moment) {
        if (moment.kind === 'instant') {
          commits ??= allCommits();
          const found = (await commits).find(({ timestamp }) => timestamp <= moment.instant);
          if (found !== undefined) {
            const { version, timestamp, operation } = found;
            return {
              version,
              committedAt: timestamp,
              ...(operation !== undefined && { operation }),
            };
          }
        }
        return resolve(JSON.stringify(moment), moment);
      },
    },
    snapshots: {
      at: (version) => at(String(version), version),
      async audit<F extends DataFileIdentity>(
        files: readonly F[],
        options: { readonly signal?: AbortSignal } = {},
      ) {
        const keyOf = ({ location, sizeBytes }: DataFileIdentity) => `${sizeBytes} ${location}`;
        const unknown = files.filter((file) => !audits.has(keyOf(file)));
        const { missing, changed } = await snapshots.audit(unknown, options);
        for (const file of unknown) audits.set(keyOf(file), 'there');
        for (const file of missing) audits.set(keyOf(file), 'missing');
        for (const { file, sizeBytes } of changed) audits.set(keyOf(file), sizeBytes);
        return {
          missing: files.filter((file) => audits.get(keyOf(file)) === 'missing'),
          changed: files.flatMap((file) => {
            const found = audits.get(keyOf(file));
            return typeof found === 'number' ? [{ file, sizeBytes: found }] : [];
          }),
        };
      },
    },
  };
}

/** Files of a snapshot that are kept in memory; those of a larger one are read anew for each question. */
const mostFiles = 20_000;

/** The snapshot with its files, read at the first question. */
function kept(snapshot: Snapshot): Snapshot {
  let files: readonly DataFile[] | undefined;
  return {
    ...snapshot,
    async *files(options) {
      if (files !== undefined) {
        yield files;
        return;
      }
      let found: DataFile[] | undefined = [];
      for await (const batch of snapshot.files(options)) {
        if (found !== undefined && found.length + batch.length <= mostFiles) found.push(...batch);
        else found = undefined;
        yield batch;
      }
      files = found;
    },
  };
}

function once<A, R>(
  act: (key: string, argument: A) => Promise<R>,
): (key: string, argument: A) => Promise<R> {
  const answers = new Map<string, Promise<R>>();
  return (key, argument) => {
    const answer = answers.get(key) ?? act(key, argument);
    answers.set(key, answer);
    return answer;
  };
}

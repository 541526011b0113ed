import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import type { DataFile, DataFileIdentity, Snapshot } from '../delta/snapshot.ts';
import { versionOf } from '../delta/table-history.ts';
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
  const commits = readOnce(() => history.commits());
  const resolve = once((_key: string, moment: Parameters<typeof history.resolve>[0]) =>
    history.resolve(moment),
  );
  const at = once(async (_: string, version: number) => kept(await snapshots.at(version)));
  const audits = new Map<string, 'there' | 'missing' | number>();
  return {
    ...table,
    history: {
      async *commits({ limit = Number.POSITIVE_INFINITY } = {}) {
        let given = 0;
        for await (const commit of commits()) {
          if (given === limit) return;
          given += 1;
          yield commit;
        }
      },
      async resolve(moment) {
        if (moment.kind === 'instant') {
          let latest: number | undefined;
          for await (const commit of commits()) {
            latest ??= commit.version;
            if (commit.timestamp > moment.instant) continue;
            return versionOf(commit, commit.version === latest);
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

/** What is iterated over anew each time, and read only once, as far as anybody went. */
function readOnce<T>(read: () => AsyncIterable<T>): () => AsyncGenerator<T, void, void> {
  const known: T[] = [];
  let reader: AsyncIterator<T> | undefined;
  let pending: Promise<boolean> | undefined;
  const readOn = async () => {
    reader ??= read()[Symbol.asyncIterator]();
    const next = await reader.next();
    pending = undefined;
    if (next.done === true) return false;
    known.push(next.value);
    return true;
  };
  return async function* () {
    for (let index = 0; ; index += 1) {
      while (index >= known.length) {
        pending ??= readOn();
        if (!(await pending)) return;
      }
      yield known[index] as T;
    }
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

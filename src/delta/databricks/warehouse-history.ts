import { isLineageError, LineageError } from '../../base/errors.ts';
import { parseWire } from '../../base/wire.ts';
import type { CallOptions } from '../snapshot.ts';
import { type Commit, type TableHistory, type TableVersion, versionOf } from '../table-history.ts';
import { withFailures } from './failures.ts';
import { atVersion, quoteTableName } from './quote.ts';
import type { SqlSession } from './sql-session.ts';
import { wireCommit } from './wire-history.ts';

/** A table's history as the warehouse tells it. Each call asks anew. */
export function warehouseHistory(
  session: SqlSession,
  parts: readonly string[],
  table: string,
  now: () => number,
): TableHistory {
  const context = { table, host: session.title };

  async function* commits(limit: number | undefined, options: CallOptions) {
    const bound = limit === undefined ? '' : ` LIMIT ${limit}`;
    const sql = `DESCRIBE HISTORY ${quoteTableName(parts)}${bound}`;
    const batches = session.stream(sql, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await withFailures(context, () => batches.next());
        if (next.done) return;
        for (const row of next.value) yield parseWire(wireCommit, row, 'DESCRIBE HISTORY');
      }
    } finally {
      await batches.return?.();
    }
  }

  async function latestCommit(options: CallOptions): Promise<Commit> {
    for await (const commit of commits(1, options)) return commit;
    const problem = 'a table without any commit.';
    throw new LineageError('UNEXPECTED_RESPONSE', { source: 'DESCRIBE HISTORY', problem });
  }

  /** Plans a read, and reads nothing: whether the version can be rebuilt, and is not refused. */
  async function check(version: number, options: CallOptions): Promise<void> {
    const sql = `SELECT 1 FROM ${atVersion(parts, version)} LIMIT 0`;
    await withFailures({ ...context, version }, () => session.query(sql, options));
  }

  async function atNumber(version: number, options: CallOptions): Promise<TableVersion> {
    const latest = await latestCommit(options);
    if (latest.version === version) return versionOf(latest, true);
    if (version > latest.version) {
      const details = { table, version, latest: latest.version };
      throw new LineageError('VERSION_TOO_NEW', details);
    }
    // As many commits as lie between, one more, and as many as others may add meanwhile: the rest is not read.
    for await (const commit of commits(latest.version - version + 1 + 100, options)) {
      if (commit.version === version) return versionOf(commit, false);
      if (commit.version < version) break;
    }
    // Its commit may be gone, and a checkpoint there that tells of the version.
    await check(version, options);
    return { version, isLatest: false };
  }

  async function atInstant(instant: number, options: CallOptions): Promise<TableVersion> {
    const iso = (time: number) => new Date(time).toISOString();
    const moment = iso(instant);
    if (instant > now()) {
      throw new LineageError('MOMENT_IN_FUTURE', { table, moment, now: iso(now()) });
    }
    const passed: Commit[] = [];
    let found: Commit | undefined;
    for await (const commit of commits(undefined, options)) {
      passed.push(commit);
      if (commit.timestamp > instant) continue;
      found = commit;
      break;
    }
    const tooEarly = (first: Commit | undefined) =>
      new LineageError('MOMENT_TOO_EARLY', {
        table,
        moment,
        oldest: iso(first?.timestamp ?? 0),
        oldestVersion: first?.version ?? 0,
      });
    if (found === undefined) {
      throw tooEarly(await oldestReadable(passed, options));
    }
    try {
      await check(found.version, options);
    } catch (error) {
      if (!isLineageError(error, 'VERSION_TOO_OLD')) throw error;
      // The history also lists commits from which no version can be rebuilt any more.
      const { oldest } = error.details;
      throw tooEarly(passed.find(({ version }) => version === oldest));
    }
    return versionOf(found, found === passed[0]);
  }

  async function oldestReadable(passed: readonly Commit[], options: CallOptions) {
    const last = passed.at(-1);
    if (last === undefined) return;
    try {
      await check(last.version, options);
      return last;
    } catch (error) {
      if (!isLineageError(error, 'VERSION_TOO_OLD')) throw error;
      const { oldest } = error.details;
      return passed.find(({ version }) => version === oldest);
    }
  }

  return {
    commits: ({ limit, ...options } = {}) => commits(limit, options),
    async resolve(moment, options = {}) {
      switch (moment.kind) {
        case 'latest':
          return versionOf(await latestCommit(options), true);
        case 'version':
          return await atNumber(moment.version, options);
        case 'instant':
          return await atInstant(moment.instant, options);
      }
    },
  };
}

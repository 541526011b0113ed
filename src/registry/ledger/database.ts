import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve, sep } from 'node:path';
import type Database from 'libsql';
import { LineageError } from '../../base/errors.ts';
import { tableAround } from '../../base/table-around.ts';

import type { LedgerWriter } from './ledger-writer.ts';
import { readStored } from './read-stored.ts';
import { tellOfEarlierSyncs } from './sightings.ts';

/** The ledger's file, opened at the first question and made at the first thing to keep. */
export interface LedgerDatabase {
  readonly path: string;
  /** Rows read through a schema. A ledger that does not exist yet is empty. */
  all: LedgerWriter['all'];
  /** Does all of it or nothing; other writers wait meanwhile. */
  write<T>(work: (run: LedgerWriter['run']) => T): T;
  close(): void;
}

/** Loaded at the first question: many commands ask a server only. */
function openFile(path: string, options?: Database.Options): Database.Database {
  const Sqlite: typeof Database = createRequire(import.meta.url)('libsql');
  return new Sqlite(path, options);
}

/**
 * @param file where the ledger is or will be
 * @param busyTimeoutMs how long to wait for another process that is writing
 * @throws LineageError (from its functions) LEDGER_BUSY, LEDGER_UNUSABLE, ACCESS_DENIED, DISK_FULL
 */
export function ledgerDatabase(file: string, busyTimeoutMs = 10_000): LedgerDatabase {
  const path = resolve(file);
  let open: Database.Database | undefined;
  let empty: Database.Database | undefined;

  const forReading = () => {
    if (open !== undefined || isThere(path)) return forWriting();
    empty ??= opened(openFile(':memory:'), path);
    return empty;
  };
  const forWriting = () => {
    if (open === undefined) {
      if (!isThere(path)) checkPlace(path);
      mkdirSync(dirname(path), { recursive: true });
      open = opened(openFile(path, { timeout: busyTimeoutMs }), path);
    }
    return open;
  };

  return {
    path,
    all: (row, sql, values = []) =>
      withFailures(path, () => writerOf(forReading(), path).all(row, sql, values)),
    write: (work) =>
      withFailures(path, () => {
        const database = forWriting();
        return transaction(database, () => work(writerOf(database, path).run));
      }),
    close() {
      open?.close();
      empty?.close();
      open = undefined;
    },
  };
}

/**
 * Whether there is such a file. One that can't be looked at, or a link to one that is out of reach, is not absent: nothing would be
 * known of what it holds, and an empty ledger says that nothing is at risk.
 *
 * @throws what the system says, unless it says that nothing is there
 */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

/**
 * A new ledger in the folder of a Delta table would go with its next VACUUM, which spares hidden names alone.
 *
 * @throws LineageError LEDGER_UNUSABLE
 */
function checkPlace(path: string): void {
  const around = tableAround(path);
  if (around?.inside.split(sep).every((name) => !/^[._]/.test(name))) {
    const problem = `it would lie in the folder of the Delta table ${around.table}, whose VACUUM would delete it`;
    throw new LineageError('LEDGER_UNUSABLE', { path, problem });
  }
}

/** Whether the system keeps us from reading the file, or from making it where there is none. */
function isDenied(path: string): boolean {
  const exists = isThere(path);
  try {
    accessSync(exists ? path : dirname(path), exists ? constants.R_OK : constants.W_OK);
    return false;
  } catch (error) {
    return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** Each row holds the hash of the one before. */
const journalTable = `
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL
  );
`;

/** Times are epoch milliseconds, UTC. Rows of `transitions`, `stamps` and `journal` are only ever added. */
const tables = `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, experiment TEXT NOT NULL, name TEXT, status TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER
  );
  CREATE TABLE run_params (
    run_id TEXT NOT NULL REFERENCES runs, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key)
  );
  CREATE TABLE run_tags (
    run_id TEXT NOT NULL REFERENCES runs, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key)
  );
  CREATE TABLE run_metrics (
    run_id TEXT NOT NULL REFERENCES runs, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key)
  );
  CREATE TABLE run_inputs (
    run_id TEXT NOT NULL REFERENCES runs, name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL,
    source TEXT NOT NULL, context TEXT, schema TEXT, profile TEXT, PRIMARY KEY (run_id, name, digest)
  );
  CREATE TABLE models (name TEXT PRIMARY KEY, description TEXT, created_at INTEGER NOT NULL);
  CREATE TABLE model_versions (
    name TEXT NOT NULL REFERENCES models, version INTEGER NOT NULL, run_id TEXT NOT NULL REFERENCES runs,
    source TEXT, description TEXT, stage TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (name, version)
  );
  CREATE INDEX model_versions_of_run ON model_versions (run_id);
  CREATE TABLE model_version_tags (
    name TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (name, version, key), FOREIGN KEY (name, version) REFERENCES model_versions
  );
  CREATE TABLE model_aliases (
    name TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (name, alias), FOREIGN KEY (name, version) REFERENCES model_versions
  );
  CREATE TABLE transitions (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    kind TEXT NOT NULL, what TEXT NOT NULL
  );
  CREATE TABLE stamps (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, store TEXT NOT NULL, run_id TEXT NOT NULL, stamp TEXT NOT NULL
  );
`;

/** Copies of other registries, by store; rows of `sync_events` are only ever added. */
const syncTables = `
  CREATE TABLE syncs (id INTEGER PRIMARY KEY, store TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE INDEX syncs_of_store ON syncs (store, at);
  CREATE TABLE sync_runs (
    store TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (store, id)
  ) WITHOUT ROWID;
  CREATE TABLE sync_models (
    store TEXT NOT NULL, name TEXT NOT NULL, description TEXT, PRIMARY KEY (store, name)
  ) WITHOUT ROWID;
  CREATE TABLE sync_versions (
    store TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, run_id TEXT, body TEXT NOT NULL,
    is_gone INTEGER NOT NULL, PRIMARY KEY (store, name, version)
  ) WITHOUT ROWID;
  CREATE TABLE sync_events (
    id INTEGER PRIMARY KEY, store TEXT NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    kind TEXT NOT NULL, what TEXT, updated_at INTEGER
  );
  CREATE INDEX sync_events_of_model ON sync_events (store, name, kind, at);
`;

/** What was worked out at some cost; losing it costs time only. */
const digestTable = `
  CREATE TABLE digests (key TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
`;

/** With row ids, and what is asked of all rows in indexes: SQLite would read whole rows for it, and these are long. */
const rowIds = `
  ALTER TABLE sync_runs RENAME TO old_runs;
  CREATE TABLE sync_runs (
    store TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (store, id)
  );
  INSERT INTO sync_runs SELECT * FROM old_runs;
  DROP TABLE old_runs;
  CREATE INDEX sync_runs_by_status ON sync_runs (store, status, id);
  ALTER TABLE sync_versions RENAME TO old_versions;
  CREATE TABLE sync_versions (
    store TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, run_id TEXT, body TEXT NOT NULL,
    is_gone INTEGER NOT NULL, PRIMARY KEY (store, name, version)
  );
  INSERT INTO sync_versions SELECT * FROM old_versions;
  DROP TABLE old_versions;
  CREATE INDEX sync_versions_standing ON sync_versions (store, is_gone, run_id);
`;

/** What copied registries hold beside runs and versions. Runs that were copied before are asked for again, for what lies beside them. */
const syncRecords = `
  CREATE TABLE sync_records (
    store TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (store, kind, key)
  );
  UPDATE sync_runs SET status = 'UNKNOWN';
  DELETE FROM digests WHERE key LIKE 'fingerprint of %';
`;

/** Each makes a ledger of the format before it one of its own. */
const formats: readonly ((writer: LedgerWriter, database: Database.Database) => void)[] = [
  (_, database) => {
    for (const made of [tables, journalTable, syncTables]) database.exec(made);
  },
  (writer, database) => {
    database.exec(digestTable);
    tellOfEarlierSyncs(writer, Date.now());
  },
  (_, database) => void database.exec(rowIds),
  (_, database) => void database.exec(syncRecords),
];

function opened(database: Database.Database, path: string): Database.Database {
  try {
    database.exec('PRAGMA foreign_keys = ON');
    if (versionOf(database) < formats.length) {
      transaction(database, () => {
        // Another process may have made the tables while this one waited.
        const before = versionOf(database);
        if (before >= formats.length) return;
        if (before === 0 && holdsAnything(database)) {
          const problem = 'it is a database of something else';
          throw new LineageError('LEDGER_UNUSABLE', { path, problem });
        }
        for (const upgrade of formats.slice(before)) upgrade(writerOf(database, path), database);
        database.exec(`PRAGMA user_version = ${formats.length}`);
      });
    }
    const found = versionOf(database);
    if (found === formats.length) return database;
    const problem = `it has format ${found} and this asof knows format ${formats.length}; a newer asof wrote it`;
    throw new LineageError('LEDGER_UNUSABLE', { path, problem });
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Statements by their text, since preparing one takes longer than most of them. */
const prepared = new WeakMap<Database.Database, Map<string, Database.Statement>>();

function statement(database: Database.Database, sql: string): Database.Statement {
  const known = prepared.get(database) ?? new Map<string, Database.Statement>();
  prepared.set(database, known);
  const found = known.get(sql) ?? database.prepare(sql);
  known.set(sql, found);
  return found;
}

function writerOf(database: Database.Database, path: string): LedgerWriter {
  return {
    run: (sql, values = []) => void statement(database, sql).run([...values]),
    all: (row, sql, values = []) =>
      statement(database, sql)
        .all([...values])
        .map((found) => readStored(row, found, path)),
  };
}

function versionOf(database: Database.Database): number {
  const [row] = database.prepare('SELECT user_version FROM pragma_user_version').raw().all([]);
  return Array.isArray(row) ? Number(row[0]) : 0;
}

function holdsAnything(database: Database.Database): boolean {
  return database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').raw().all([]).length > 0;
}

function transaction<T>(database: Database.Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function withFailures<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'LineageError') throw error;
    const code = 'code' in error ? String(error.code) : '';
    const cause = { cause: error };
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) throw new LineageError('LEDGER_BUSY', { path }, cause);
    if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
      throw new LineageError('DISK_FULL', { path }, cause);
    }
    if (/^(SQLITE_(READONLY|PERM|CANTOPEN)|EACCES|EPERM|EROFS)/.test(code)) {
      throw new LineageError('ACCESS_DENIED', { path }, cause);
    }
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      const problem = 'a folder of its path is a file';
      throw new LineageError('LEDGER_UNUSABLE', { path, problem }, cause);
    }
    if (code === 'ENAMETOOLONG' || code === 'ELOOP') {
      throw new LineageError(
        'LEDGER_UNUSABLE',
        { path, problem: `the system says ${code}` },
        cause,
      );
    }
    if (/^SQLITE_(NOTADB|CORRUPT|IOERR|ERROR|PROTOCOL)/.test(code)) {
      throw new LineageError('LEDGER_UNUSABLE', { path, problem: error.message }, cause);
    }
    // libsql 0.5 gives no code when the file itself can't be opened.
    if (error.message.startsWith('ConnectionFailed')) {
      if (isDenied(path)) throw new LineageError('ACCESS_DENIED', { path }, cause);
      throw new LineageError('LEDGER_UNUSABLE', { path, problem: 'it can not be opened' }, cause);
    }
    throw error;
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBType } from '@duckdb/node-api';
import { LineageError } from '../../base/errors.ts';
import { quoteText } from './quote.ts';

/** A DuckDB of its own for one piece of work: in memory, without network and extensions, times in UTC. */
export interface DuckdbSession {
  readonly connection: DuckDBConnection;
  /** For files of this piece of work; removed with it. */
  readonly folder: string;
  run(sql: string): Promise<void>;
  /** For small answers. */
  rows(sql: string, values?: readonly string[]): Promise<readonly (readonly unknown[])[]>;
  stream(sql: string): Promise<DuckDBResult>;
  /** The columns that a query would give. */
  columns(sql: string): Promise<readonly ResultColumn[]>;
  /** From here on only files below these folders can be read or written, whatever the SQL says. */
  confine(folders: readonly string[]): Promise<void>;
  /** Frees the memory and removes what was spilled. */
  close(): Promise<void>;
}

export interface ResultColumn {
  readonly name: string;
  readonly type: DuckDBType;
}

export interface SessionOptions {
  /** Bytes. */
  readonly memoryLimit?: number | undefined;
  readonly tempDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads DuckDB on first use: about a tenth of a second that other commands need not spend.
 *
 * @throws LineageError FILE_UNREADABLE, ACCESS_DENIED, DISK_FULL of the folder to spill to
 */
export async function openSession(options: SessionOptions): Promise<DuckdbSession> {
  const { DuckDBInstance: Duckdb } = await import('@duckdb/node-api');
  options.signal?.throwIfAborted();
  const spill = await spillFolder(options.tempDirectory ?? tmpdir());
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;
  try {
    instance = await Duckdb.create(':memory:', {
      memory_limit: `${options.memoryLimit ?? defaultMemoryLimit()}B`,
      temp_directory: spill,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    connection = await instance.connect();
  } catch (error) {
    await rm(spill, { recursive: true, force: true });
    throw error;
  }
  const interrupt = () => connection.interrupt();
  options.signal?.addEventListener('abort', interrupt);

  const session: DuckdbSession = {
    connection,
    folder: spill,
    async run(sql) {
      await connection.run(sql);
    },
    async rows(sql, values = []) {
      return (await connection.runAndReadAll(sql, [...values])).getRows();
    },
    stream: (sql) => connection.stream(sql),
    async columns(sql) {
      const result = await connection.runAndReadAll(`SELECT * FROM (${sql}) LIMIT 0`);
      return result.columnNames().map((name, index) => ({ name, type: result.columnType(index) }));
    },
    async confine(folders) {
      await connection.run(
        `SET allowed_directories = [${[...folders, spill].map(quoteText).join(', ')}]`,
      );
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
    },
    async close() {
      options.signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
      await rm(spill, { recursive: true, force: true });
    },
  };
  try {
    await session.run("SET TimeZone = 'UTC'");
    // A long IN list would become a join, and through a join the rows lose their order.
    await session.run("SET disabled_optimizers = 'in_clause'");
    // Without these two, connection.progress stays at -1.
    await session.run('SET enable_progress_bar = true');
    await session.run('SET enable_progress_bar_print = false');
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function spillFolder(above: string): Promise<string> {
  try {
    return await mkdtemp(join(above, 'asof-spill-'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const cause = { cause: error };
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const problem = 'there is no such folder';
      throw new LineageError('FILE_UNREADABLE', { path: above, problem }, cause);
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new LineageError('ACCESS_DENIED', { path: above }, cause);
    }
    if (code === 'ENOSPC') throw new LineageError('DISK_FULL', { path: above }, cause);
    throw error;
  }
}

/** A quarter of the memory that this process may use, at most 4 GiB: rows stream through, only sorting and joining would need more. */
export function defaultMemoryLimit(): number {
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  const available = constrained > 0 && constrained < machine ? constrained : machine;
  return Math.min(Math.floor(available / 4), 4 * 2 ** 30);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { LineageError } from '../../base/errors.ts';
import { connectDriver, type Driver, type DriverOperation, type DriverSession } from './driver.ts';
import { fromDriver, isSessionGone, isStarting } from './driver-failures.ts';
import type { WarehouseSettings } from './settings.ts';
import type { SqlRow, SqlSession } from './sql-session.ts';

/** Something to know about the warehouse meanwhile. */
export interface WarehouseEvent {
  /** It does not take sessions yet; asof waits. */
  readonly kind: 'warehouse-starting';
  readonly host: string;
  readonly waitedMs: number;
}

export interface WarehouseSessionOptions {
  /** What the warehouse's own history shows as the client. */
  readonly agent: string;
  readonly onEvent?: ((event: WarehouseEvent) => void) | undefined;
  readonly connect?: (settings: WarehouseSettings, agent: string) => Promise<Driver>;
  /** How long to wait for a warehouse that is starting. */
  readonly patienceMs?: number;
}

/** Rows that are fetched at once. */
const batchRows = 10_000;

/**
 * A session on a warehouse, opened with the first statement and again when it expired meanwhile. Only the opening and statements that
 * were refused for want of a session are repeated: whatever else failed may have been done.
 */
export function warehouseSession(
  settings: WarehouseSettings,
  { agent, onEvent, connect = connectDriver, patienceMs = 15 * 60_000 }: WarehouseSessionOptions,
): SqlSession {
  let driver: Promise<Driver> | undefined;
  let opened: Promise<DriverSession> | undefined;

  async function open(signal: AbortSignal | undefined): Promise<DriverSession> {
    driver ??= connect(settings, agent);
    const client = await driver;
    const start = performance.now();
    for (let wait = 1000; ; wait = Math.min(2 * wait, 15_000)) {
      signal?.throwIfAborted();
      try {
        const session = await client.openSession();
        // Times without a zone in filters are of UTC on every engine.
        const set = await session.executeStatement("SET TIME ZONE 'UTC'", { maxRows: 10 });
        await set.close();
        return session;
      } catch (error) {
        if (!isStarting(error)) throw error;
        const waitedMs = Math.round(performance.now() - start);
        if (waitedMs + wait > patienceMs) {
          const details = { host: settings.host, minutes: Math.round(patienceMs / 60_000) };
          throw new LineageError('WAREHOUSE_NOT_STARTED', details, { cause: error });
        }
        onEvent?.({ kind: 'warehouse-starting', host: settings.host, waitedMs });
        await sleep(wait, undefined, signal && { signal });
      }
    }
  }

  async function session(signal: AbortSignal | undefined): Promise<DriverSession> {
    opened ??= open(signal);
    const mine = opened;
    try {
      return await mine;
    } catch (error) {
      if (opened === mine) opened = undefined;
      throw error;
    }
  }

  async function execute(sql: string, signal: AbortSignal | undefined): Promise<DriverOperation> {
    const run = async () => {
      const mine = opened;
      const current = await session(signal);
      const running = current.executeStatement(sql, { maxRows: batchRows });
      try {
        return await unlessAborted(running, signal);
      } catch (error) {
        // Whoever gives up waiting has it stopped when it turns up.
        running.then((operation) => operation.cancel()).catch(() => {});
        if (isSessionGone(error) && opened === mine) opened = undefined;
        throw error;
      }
    };
    try {
      return await run();
    } catch (error) {
      if (!isSessionGone(error)) throw error;
      opened = undefined;
      return await run();
    }
  }

  async function* stream(
    sql: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly SqlRow[], void, void> {
    let operation: DriverOperation | undefined;
    let isDone = false;
    try {
      operation = await execute(sql, signal);
      do {
        const fetching = operation.fetchChunk({ maxRows: batchRows, disableBuffering: true });
        const rows = (await unlessAborted(fetching, signal)) as readonly SqlRow[];
        if (rows.length > 0) yield rows;
      } while (await unlessAborted(operation.hasMoreRows(), signal));
      isDone = true;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw fromDriver(error, settings);
    } finally {
      await end(operation, isDone);
    }
  }

  return {
    title: settings.port === 443 ? settings.host : `${settings.host}:${settings.port}`,
    async query(sql, { signal } = {}) {
      const rows: SqlRow[] = [];
      for await (const batch of stream(sql, signal)) rows.push(...batch);
      return rows;
    },
    stream: (sql, { signal } = {}) => stream(sql, signal),
    async close() {
      const [client, current] = [driver, opened];
      driver = undefined;
      opened = undefined;
      // Whatever goes wrong now, the session ends by itself.
      await current?.then((one) => one.close()).catch(() => {});
      await client?.then((one) => one.close()).catch(() => {});
    },
  };
}

/** What was not read to its end is stopped first; nobody is told when that fails, since the work is over. */
async function end(operation: DriverOperation | undefined, isDone: boolean): Promise<void> {
  try {
    if (!isDone) await operation?.cancel();
    await operation?.close();
  } catch {
    // The server has gone, or has ended it already.
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

import { describe, expect, test } from 'vitest';
import type { Driver, DriverOperation } from './driver.ts';
import type { WarehouseSettings } from './settings.ts';
import { type WarehouseEvent, warehouseSession } from './warehouse-session.ts';

const settings: WarehouseSettings = {
  host: 'dbc.net',
  port: 443,
  path: '/sql/1.0/warehouses/w',
  login: { kind: 'token', token: 'secret' },
  using: 'DATABRICKS_TOKEN',
};

/** A driver whose statements answer what they are told, or throw it. */
function aDriver(answers: {
  readonly open?: readonly unknown[];
  readonly execute?: (sql: string, session: number) => unknown;
}) {
  const log: string[] = [];
  const openings = [...(answers.open ?? [])];
  let sessions = 0;
  const driver: Driver = {
    async openSession() {
      const failure = openings.shift();
      log.push('open');
      if (failure !== undefined) throw failure;
      const session = ++sessions;
      return {
        async executeStatement(sql) {
          if (!sql.startsWith('SET')) log.push(sql);
          const answer = answers.execute?.(sql, session);
          if (answer instanceof Promise) await answer;
          const batches = Array.isArray(answer) ? [...answer] : [];
          const operation: DriverOperation = {
            fetchChunk: async () => batches.shift() ?? [],
            hasMoreRows: async () => batches.length > 0,
            cancel: async () => void log.push('cancel'),
            close: async () => {},
          };
          return operation;
        },
        close: async () => void log.push('close session'),
      };
    },
    close: async () => void log.push('close'),
  };
  return { log, connect: async () => driver };
}

const failure = (fields: object) => Object.assign(new Error('failed'), fields);
const open = (
  driver: ReturnType<typeof aDriver>,
  options: {
    readonly onEvent?: (event: WarehouseEvent) => void;
    readonly patienceMs?: number;
  } = {},
) => warehouseSession(settings, { agent: 'test', connect: driver.connect, ...options });

describe('a session on a warehouse', () => {
  test('is opened with the first statement, once, and closed', async () => {
    const driver = aDriver({ execute: () => [[{ a: 1 }], [{ a: 2 }]] });
    const session = open(driver);
    expect(driver.log).toEqual([]);
    expect(await session.query('SELECT 1')).toEqual([{ a: 1 }, { a: 2 }]);
    await session.query('SELECT 2');
    await session.close();
    expect(driver.log).toEqual(['open', 'SELECT 1', 'SELECT 2', 'close session', 'close']);
  });

  test('waits for a warehouse that is starting, and says so', async () => {
    const driver = aDriver({ open: [failure({ statusCode: 503 })] });
    const events: WarehouseEvent[] = [];
    await open(driver, { onEvent: (event) => events.push(event) }).query('SELECT 1');
    expect(events).toMatchObject([{ kind: 'warehouse-starting', host: 'dbc.net' }]);
    expect(driver.log).toEqual(['open', 'open', 'SELECT 1']);
  });

  test('gives up on one that does not start', async () => {
    const driver = aDriver({ open: [failure({ statusCode: 503 })] });
    await expect(open(driver, { patienceMs: 500 }).query('SELECT 1')).rejects.toMatchObject({
      code: 'WAREHOUSE_NOT_STARTED',
    });
  });

  test('is opened again when it expired, and the statement sent once more', async () => {
    const execute = (sql: string, session: number) => {
      if (sql === 'SELECT 2' && session === 1)
        throw { name: 'Status Error', message: 'Invalid SessionHandle: x' };
      return [[{ session }]];
    };
    const driver = aDriver({ execute });
    const session = open(driver);
    await session.query('SELECT 1');
    expect(await session.query('SELECT 2')).toEqual([{ session: 2 }]);
    expect(driver.log).toEqual(['open', 'SELECT 1', 'SELECT 2', 'open', 'SELECT 2']);
  });

  test('sends nothing twice that may have been done', async () => {
    const execute = (sql: string) => {
      if (sql.startsWith('CREATE')) throw failure({ code: 'ECONNRESET' });
    };
    const driver = aDriver({ execute });
    await expect(open(driver).query('CREATE TABLE t')).rejects.toMatchObject({
      code: 'WAREHOUSE_UNREACHABLE',
    });
    expect(driver.log.filter((sql) => sql.startsWith('CREATE'))).toHaveLength(1);
  });

  test.each([
    [{ statusCode: 403 }, 'WAREHOUSE_LOGIN_REFUSED'],
    [{ statusCode: 401 }, 'WAREHOUSE_LOGIN_REFUSED'],
    [{ statusCode: 404 }, 'WAREHOUSE_NOT_FOUND'],
    [{ statusCode: 500 }, 'SERVER_REFUSED'],
    [{ name: 'OPError' }, 'WAREHOUSE_LOGIN_REFUSED'],
    [{ code: 'ECONNREFUSED' }, 'WAREHOUSE_UNREACHABLE'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'WAREHOUSE_UNREACHABLE'],
    [{ name: 'TApplicationException' }, 'UNEXPECTED_RESPONSE'],
  ])('%o becomes %s, without the secret', async (fields, code) => {
    const driver = aDriver({ open: [failure(fields)] });
    const error = await open(driver)
      .query('SELECT 1')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  test('what the SQL meets keeps its class', async () => {
    const execute = () => {
      throw failure({ errorCode: 'ERROR', message: '[DELTA_VERSION_NOT_FOUND] no.' });
    };
    await expect(open(aDriver({ execute })).query('SELECT 1')).rejects.toMatchObject({
      name: 'SqlFailure',
    });
  });

  test('cancels a statement whose rows are left unread', async () => {
    const driver = aDriver({ execute: () => [[{ a: 1 }], [{ a: 2 }]] });
    for await (const _ of open(driver).stream('SELECT 1')) break;
    expect(driver.log).toContain('cancel');
  });

  test('lets go of a statement that is interrupted, and cancels it', async () => {
    const controller = new AbortController();
    let finish = () => {};
    const running = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const driver = aDriver({ execute: (sql) => (sql.startsWith('SET') ? [] : running) });
    const asked = open(driver).query('SELECT slow', { signal: controller.signal });
    asked.catch(() => {});
    await expect.poll(() => driver.log).toContain('SELECT slow');
    controller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    finish();
    await expect.poll(() => driver.log).toContain('cancel');
  });
});

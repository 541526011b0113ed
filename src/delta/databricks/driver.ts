import { readFileSync } from 'node:fs';
import { LineageError } from '../../base/errors.ts';
import type { WarehouseSettings } from './settings.ts';

/** The slice of `@databricks/sql` that is used. */
export interface Driver {
  openSession(): Promise<DriverSession>;
  close(): Promise<void>;
}

export interface DriverSession {
  executeStatement(sql: string, options: { readonly maxRows: number }): Promise<DriverOperation>;
  close(): Promise<unknown>;
}

export interface DriverOperation {
  fetchChunk(options: {
    readonly maxRows: number;
    readonly disableBuffering: boolean;
  }): Promise<object[]>;
  hasMoreRows(): Promise<boolean>;
  cancel(): Promise<unknown>;
  close(): Promise<unknown>;
}

/**
 * Loads the driver and gives it the settings; nothing is sent yet. Its telemetry is off and its log silent.
 *
 * @throws LineageError FILE_UNREADABLE of the authorities
 */
export async function connectDriver(settings: WarehouseSettings, agent: string): Promise<Driver> {
  const { DBSQLClient } = await import('@databricks/sql');
  const { host, port, path, login, caFile } = settings;
  const client = new DBSQLClient({ logger: { log() {} } });
  // What it tells here it also throws where it happens; an event that nobody hears would end the process.
  client.on('error', () => {});
  await client.connect({
    host,
    port,
    path,
    userAgentEntry: agent,
    telemetryEnabled: false,
    // The default makes text and 64-bit numbers out of exact ones.
    preserveBigNumericPrecision: true,
    // Of calls that may be repeated; the default goes on for a quarter of an hour when a server has gone.
    retryMaxAttempts: 4,
    retriesTimeout: 20_000,
    retryDelayMin: 500,
    retryDelayMax: 5_000,
    ...(caFile !== undefined && { customCaCert: readAuthorities(caFile) }),
    ...(login.kind === 'token'
      ? { authType: 'access-token', token: login.token }
      : {
          authType: 'databricks-oauth',
          oauthClientId: login.clientId,
          oauthClientSecret: login.clientSecret,
        }),
  });
  return client;
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const problem = `the system says ${(error as NodeJS.ErrnoException).code}`;
    throw new LineageError('FILE_UNREADABLE', { path, problem }, { cause: error });
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';

export interface MlflowServer {
  readonly url: string;
  /** Where it keeps runs and models: what `mlflow gc` takes. */
  readonly backend: string;
  /** What the server said so far. */
  log(): string;
  /** Makes it hold everything, and go on. */
  pause(): void;
  resume(): void;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface MlflowServerOptions {
  /** Further arguments of `mlflow server`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the path of every route begins with: `/mlflow`. */
  readonly prefix?: string;
  /** `https` where `args` give it a certificate; then it counts as started when it accepts connections. */
  readonly scheme?: 'http' | 'https';
}

/** The administrator of a server started with `basicAuth`. */
export const administrator = { username: 'admin', password: 'correct-horse-battery-staple' };

/** Options of a server that wants a user and a password. */
export const basicAuth: MlflowServerOptions = {
  args: ['--app-name', 'basic-auth'],
  env: {
    MLFLOW_AUTH_ADMIN_USERNAME: administrator.username,
    MLFLOW_AUTH_ADMIN_PASSWORD: administrator.password,
    MLFLOW_FLASK_SERVER_SECRET_KEY: 'only for tests',
  },
};

/** Starts `mlflow server` on loopback, with an empty database of its own, and waits until it answers. */
export async function startMlflow(
  python: string,
  { args = [], env = {}, prefix = '', scheme = 'http' }: MlflowServerOptions = {},
): Promise<MlflowServer> {
  const folder = mkdtempSync(join(tmpdir(), 'asof-mlflow-'));
  const port = await freePort();
  const url = `${scheme}://127.0.0.1:${port}${prefix}`;
  const backend = `sqlite:///${join(folder, 'mlflow.db')}`;
  const logPath = join(folder, 'log');
  const output = openSync(logPath, 'a');
  const child = spawn(
    python,
    [
      ...[
        '-m',
        'mlflow',
        'server',
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--workers',
        '1',
      ],
      ...['--backend-store-uri', backend],
      ...['--artifacts-destination', join(folder, 'artifacts')],
      ...(prefix === '' ? [] : ['--static-prefix', prefix]),
      ...args,
    ],
    {
      cwd: folder,
      // A group of its own, so that its workers end with it.
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        MLFLOW_DISABLE_TELEMETRY: 'true',
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        ...env,
      },
    },
  );
  closeSync(output);
  const log = () => readFileSync(logPath, 'utf8');
  const end = async (signal: NodeJS.Signals) => {
    process.removeListener('exit', killNow);
    await endGroup(child, signal);
  };
  const killNow = () => signalGroup(child, 'SIGKILL');
  process.once('exit', killNow);

  try {
    await untilReady(child, scheme === 'http' ? `${url}/health` : undefined, port);
  } catch (error) {
    const said = log();
    await end('SIGKILL');
    throw new Error(`mlflow server did not start.\n${said.slice(-4000)}`, { cause: error });
  }
  return {
    url,
    backend,
    log,
    pause: () => signalGroup(child, 'SIGSTOP'),
    resume: () => signalGroup(child, 'SIGCONT'),
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(child: ChildProcess, health: string | undefined, port: number) {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
    if (await answers(health ?? `https://127.0.0.1:${port}/health`)) return;
    await sleep(100);
  }
  throw new Error('It did not answer within two minutes.');
}

/** A certificate that is not trusted is an answer too. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    return url.startsWith('https:') && code !== '' && !/^E(CONN|PIPE)/.test(code);
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function endGroup(child: ChildProcess, signal: NodeJS.Signals) {
  const ended = child.exitCode !== null || child.signalCode !== null;
  const exit = ended ? Promise.resolve() : once(child, 'exit');
  signalGroup(child, signal);
  await Promise.race([exit, sleep(5000, undefined, { ref: false })]);
  signalGroup(child, 'SIGKILL');
  await exit;
}

/** Asks a route of MLflow's REST without our client between, to see what the server itself does. */
export async function rest(
  server: MlflowServer,
  method: string,
  route: string,
  body?: object,
): Promise<{ readonly status: number; readonly text: string; readonly json: unknown }> {
  const response = await fetch(`${server.url}/api/2.0/mlflow/${route}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
}

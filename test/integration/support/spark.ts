import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { isRequired } from './python.ts';

/** A Spark with Delta, in a process of its own. It does one thing after the other. */
export interface Spark {
  /** The rows that a statement answers; dates and decimals as text. */
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** All rows that Spark reads at a path, as sorted canonical lines, and their types. */
  rows(path: string, options?: ReadOptions): Promise<SparkRows>;
  /** DESCRIBE HISTORY with all its columns, newest first; times in ISO 8601. */
  history(path: string): Promise<readonly SparkCommit[]>;
  /** Runs a Python program that finds the session in `spark`, and answers what it leaves in `result`. */
  python(code: string): Promise<unknown>;
  stop(): Promise<void>;
}

export interface ReadOptions {
  readonly format?: 'delta' | 'parquet';
  readonly versionAsOf?: number;
  readonly timestampAsOf?: string;
}

export interface SparkRows {
  readonly schema: { readonly fields: readonly SparkField[] };
  readonly lines: readonly string[];
}

export interface SparkField {
  readonly name: string;
  readonly type: unknown;
}

export interface SparkCommit {
  readonly version: number;
  readonly timestamp: string;
  readonly operation: string;
  readonly [column: string]: unknown;
}

/** What Spark refused. */
export class SparkError extends Error {
  override readonly name = 'SparkError';
  /** The error class: `DELTA_VERSION_NOT_FOUND`. */
  readonly condition: string | undefined;

  constructor(condition: string | undefined, message: string) {
    super(message);
    this.condition = condition;
  }
}

const worker = fileURLToPath(new URL('spark_worker.py', import.meta.url));
/** Beside the packages of Python: removed with them, and as little a part of the repository. */
const ivy = fileURLToPath(new URL('../../../.venv/ivy', import.meta.url));

/** The Python that can start Spark; absent where there is no Python or no Java for it. */
export const sparkPython: string | undefined = findSparkPython();

function findSparkPython(): string | undefined {
  const python = inject('python');
  if (python === undefined || javaVersion() >= 17) return python;
  const problem =
    'There is no Java 17 or later on this machine (JAVA_HOME, or java): Spark needs it.';
  if (isRequired) throw new Error(problem);
  console.warn(`\nSKIPPED: all tests that need Spark. ${problem}\n`);
  return;
}

function javaVersion(): number {
  const home = process.env['JAVA_HOME'];
  const java = home === undefined ? 'java' : join(home, 'bin', 'java');
  try {
    const said = execFileSync(java, ['--version'], { encoding: 'utf8' });
    return Number(/^\S+ (\d+)/.exec(said)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Starts Spark and waits until it can be asked; the first time it downloads Delta's jars from Maven Central. */
export async function startSpark(python: string): Promise<Spark> {
  const folder = mkdtempSync(join(tmpdir(), 'asof-spark-'));
  const logPath = join(folder, 'log');
  const output = openSync(logPath, 'a');
  const child = spawn(python, ['-W', 'ignore', worker, ivy], {
    cwd: folder,
    stdio: ['pipe', 'pipe', output],
    // A group of its own, so that the Java machine ends with it.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...(process.env['JAVA_HOME'] !== undefined && { JAVA_HOME: process.env['JAVA_HOME'] }),
      // Short work on few processors: half the time of the defaults.
      JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx2g',
      SPARK_LOCAL_DIRS: folder,
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError('both were asked for');
  closeSync(output);
  const killNow = () => signalGroup(child, 'SIGKILL');
  process.once('exit', killNow);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (!done) return resultOf(value);
    throw new Error(`Spark ended.\n${readFileSync(logPath, 'utf8').slice(-4000)}`);
  };

  await answer();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async <T>(question: object): Promise<T> => {
    const asked = last.then(() => {
      stdin.write(`${JSON.stringify(question)}\n`);
      return answer();
    });
    last = asked.catch(() => {});
    return (await asked) as T;
  };
  return {
    sql: (text) => ask({ do: 'sql', text }),
    rows: (path, options) => ask({ do: 'rows', path, ...options }),
    history: (path) => ask({ do: 'history', path }),
    python: (code) => ask({ do: 'python', code }),
    async stop() {
      const ended = child.exitCode !== null || once(child, 'exit');
      stdin.end();
      await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
      killNow();
      process.removeListener('exit', killNow);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function resultOf(line: string): unknown {
  const { result, error } = JSON.parse(line);
  if (error === undefined) return result;
  throw new SparkError(error.condition ?? undefined, error.message);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

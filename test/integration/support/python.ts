import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Python with MLflow, Spark and deltalake in it; absent where there is no Python 3.11. */
    python: string | undefined;
  }
}

const venv = fileURLToPath(new URL('../../../.venv', import.meta.url));
const requirements = fileURLToPath(new URL('../requirements.txt', import.meta.url));
const stamp = join(venv, 'requirements.sha256');
const lock = join(venv, '.lock');
const run = promisify(execFile);

/** Whether a test that can't run for want of a server or of Python fails instead of being skipped. */
export const isRequired = Boolean(process.env['CI']) || process.env['ASOF_REQUIRE_SERVERS'] === '1';

/** vitest's globalSetup: makes the virtual environment, once for all test files. */
export default async function setup(project: TestProject): Promise<void> {
  const base = findPython();
  if (base === undefined) {
    const problem = 'There is no Python 3.11 (python3.11 or python3) on this machine.';
    if (isRequired) throw new Error(problem);
    console.warn(`\nSKIPPED: all tests that need MLflow or Spark. ${problem}\n`);
    project.provide('python', undefined);
    return;
  }
  project.provide('python', await virtualEnvironment(base));
}

function findPython(): string | undefined {
  return ['python3.11', 'python3'].find((command) => {
    try {
      return execFileSync(command, ['--version'], { encoding: 'utf8' }).startsWith('Python 3.11.');
    } catch {
      return false;
    }
  });
}

async function virtualEnvironment(base: string): Promise<string> {
  const python = join(venv, 'bin', 'python');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const isCurrent = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isCurrent()) return python;

  await locked(async () => {
    if (isCurrent()) return;
    console.warn('Making .venv for the integration tests; this takes a minute or two.');
    for (const entry of readdirSync(venv)) {
      if (entry !== '.lock') rmSync(join(venv, entry), { recursive: true });
    }
    const limits = { maxBuffer: 64 * 1024 * 1024 };
    await run(base, ['-m', 'venv', venv], limits);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], limits);
    writeFileSync(stamp, wanted);
  });
  return python;
}

/** Runs one process's work at a time; a lock that a dead process left is taken over. */
async function locked(work: () => Promise<void>): Promise<void> {
  mkdirSync(venv, { recursive: true });
  while (!take()) await sleep(500);
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Runs a Python program and gives back what it printed last, as JSON. It sees no variables but these. */
export async function runPython(
  python: string,
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'asof-python-'));
  // A file, as users have: pyspark takes a program without one for a doctest, and ends it.
  const file = join(folder, 'train.py');
  writeFileSync(file, program);
  try {
    const { stdout } = await run(python, ['-W', 'ignore', file], {
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        MLFLOW_DISABLE_TELEMETRY: 'true',
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: 'true',
        ...env,
      },
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

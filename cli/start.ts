import type { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { report, run, wantsJson } from './run.ts';

/** Characters that wait at most before they are written. */
const pieceLength = 1 << 16;

/** Joins the command line to the process: streams, signals, exit code. */
export async function start(): Promise<void> {
  // The V8 of Node 20 begins to optimise sooner than pays for a command, at a quarter of its CPU time. Later ones know no such flag.
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=400000');
  const interruption = new AbortController();
  const interrupt = () => {
    // Twice is meant: a piece of native work may not stop at once.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort(new DOMException('Interrupted', 'AbortError'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A program that runs under us gets it instead, and its end is ours.
      if (process.listenerCount(signal) === 1) interrupt();
    });
  }
  const args = process.argv.slice(2);
  const err = (text: string) => void process.stderr.write(text);
  const { signal } = interruption;
  let isHeard = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isHeard) return;
    isHeard = false;
    // Whoever read our output has seen enough; the work goes on, and what it comes to is the exit code.
    if (error.code === 'EPIPE') return;
    process.once('beforeExit', async () => {
      process.exitCode = await report(await unwritten(error), wantsJson(args), { err, signal });
    });
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody listens: the work goes on.
    if (error.code !== 'EPIPE') throw error;
  });
  const { env } = process;
  const cwd = currentFolder();
  if (cwd === undefined) {
    process.exitCode = await report(await withoutFolder(), wantsJson(args), { err, signal });
    return;
  }
  const write = together(process.stdout);
  process.exitCode = await run(args, {
    out: (text) => {
      if (isHeard) write(text);
    },
    err,
    env,
    cwd,
    now: Date.now,
    isInteractive: process.stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'],
    hasColor: process.stdout.isTTY === true && !env['NO_COLOR'],
    columns: process.stdout.columns ?? 100,
    signal,
    execute: async (...given) => (await import('./execute.ts')).execute(...given),
  });
}

/** Undefined: it was removed. */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return;
  }
}

async function withoutFolder() {
  const { LineageError } = await import('./errors.ts');
  return new LineageError('FILE_UNREADABLE', { path: '.', problem: 'the current folder is gone' });
}

async function unwritten(error: NodeJS.ErrnoException) {
  const { LineageError } = await import('./errors.ts');
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  const code = isFull ? 'DISK_FULL' : 'ACCESS_DENIED';
  return new LineageError(code, { path: 'the standard output' }, { cause: error });
}

/** What is written in one go reaches the system in few pieces, not line by line. */
function together(stream: Writable): (text: string) => void {
  let waiting = '';
  const flush = () => {
    if (waiting !== '' && !stream.destroyed) stream.write(waiting);
    waiting = '';
  };
  return (text) => {
    if (waiting === '') setImmediate(flush);
    waiting += text;
    if (waiting.length >= pieceLength) flush();
  };
}

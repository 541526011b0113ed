import type { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { run } from './run.ts';

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
  process.on('SIGINT', interrupt);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A program that runs under us has it passed on instead, and its end is ours.
      if (process.listenerCount(signal) === 1) interrupt();
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough.
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody listens: the work goes on.
    if (error.code !== 'EPIPE') throw error;
  });
  const { env } = process;
  process.exitCode = await run(process.argv.slice(2), {
    out: together(process.stdout),
    err: (text) => process.stderr.write(text),
    env,
    cwd: process.cwd(),
    now: Date.now,
    isInteractive: process.stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'],
    hasColor: process.stdout.isTTY === true && !env['NO_COLOR'],
    columns: process.stdout.columns ?? 100,
    signal: interruption.signal,
    execute: async (...given) => (await import('./execute.ts')).execute(...given),
  });
}

/** What is written in one go reaches the system in few pieces, not line by line. */
function together(stream: Writable): (text: string) => void {
  let waiting = '';
  const flush = () => {
    if (waiting !== '') stream.write(waiting);
    waiting = '';
  };
  return (text) => {
    if (waiting === '') setImmediate(flush);
    waiting += text;
    if (waiting.length >= pieceLength) flush();
  };
}

import { constants } from 'node:os';
import spawn from 'cross-spawn';
import { LineageError } from '../src/index.ts';
import type { Executed, ExecuteOptions } from './context.ts';

/** Signals that somebody may send us and mean the program. A terminal sends Ctrl-C to both of us itself. */
const passedOn = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs a program to its end, with our input and error output, and passes signals on to it.
 *
 * @throws LineageError COMMAND_NOT_STARTED
 */
export async function execute(
  [command = '', ...args]: readonly string[],
  { env, isOutputOnStderr }: ExecuteOptions,
): Promise<Executed> {
  if (command === '') {
    throw new LineageError('COMMAND_NOT_STARTED', { command, problem: 'it has no name' });
  }
  const child = spawn(command, args, {
    env: { ...env },
    stdio: ['inherit', isOutputOnStderr ? process.stderr : 'inherit', 'inherit'],
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  const interrupt = () => {
    const isAtTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
    // Not from a terminal: nobody has told the program.
    if (!isAtTerminal) child.kill('SIGINT');
  };
  const handled = process.platform === 'win32' ? [] : passedOn;
  for (const signal of handled) process.on(signal, pass);
  process.on('SIGINT', interrupt);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        const problem = error.code === 'ENOENT' ? 'there is no such program' : error.message;
        reject(new LineageError('COMMAND_NOT_STARTED', { command, problem }, { cause: error }));
      });
      child.on('exit', (code, signal) => {
        // As a shell has it.
        const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({ exitCode, signal: signal ?? undefined });
      });
    });
  } finally {
    for (const signal of handled) process.off(signal, pass);
    process.off('SIGINT', interrupt);
  }
}

import type { CliContext, Executed, ExecuteOptions } from '../../cli/context.ts';
import { run } from '../../cli/run.ts';

interface RunCliOptions extends Pick<CliContext, 'cwd' | 'now'> {
  /** @param err takes what the program prints */
  readonly execute: (
    command: readonly string[],
    options: ExecuteOptions,
    err: (text: string) => void,
  ) => Promise<Executed>;
}

/** Runs one command line in this process, in a folder and at a time of its own. */
export async function runCli(
  args: readonly string[],
  { cwd, now, execute }: RunCliOptions,
): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const err = (text: string) => void stderr.push(text);
  const exitCode = await run(args, {
    out: (text) => stdout.push(text),
    err,
    env: {},
    cwd,
    now,
    isInteractive: false,
    hasColor: false,
    columns: 100,
    signal: new AbortController().signal,
    execute: (command, options) => execute(command, options, err),
  });
  return { exitCode, out: stdout.join(''), err: stderr.join('') };
}

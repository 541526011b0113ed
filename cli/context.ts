import type { Environment } from '../src/index.ts';
import type { DescribedCommand } from './completion.ts';

/** All that a command may touch of the world outside the library. */
export interface CliContext {
  /** Results, and nothing else. */
  readonly out: (text: string) => void;
  /** Progress, warnings, errors. */
  readonly err: (text: string) => void;
  readonly env: Environment;
  readonly cwd: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A moving line may be drawn on stderr. */
  readonly isInteractive: boolean;
  /** Results may be coloured. */
  readonly hasColor: boolean;
  /** How wide help texts are. */
  readonly columns: number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Runs a program with our own input and error output; resolves when it has ended, and passes signals on meanwhile. */
  readonly execute: (command: readonly string[], options: ExecuteOptions) => Promise<Executed>;
}

/** What a command is given. */
export interface CommandContext extends CliContext {
  /** Ends with another exit code than 0. */
  readonly end: (exitCode: number) => void;
  /** Has something done when the command is over, however it ended. */
  readonly atEnd: (work: () => Promise<void>) => void;
  /** Every command with its options. */
  readonly describeCommands: () => Promise<readonly DescribedCommand[]>;
}

export interface ExecuteOptions {
  readonly env: Environment;
  /** Its output goes to stderr, so that stdout is left for the result. */
  readonly isOutputOnStderr: boolean;
}

export interface Executed {
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: string | undefined;
}

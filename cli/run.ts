import { Command, CommanderError } from '@commander-js/extra-typings';
import type { ErrorCode } from '../src/index.ts';
import { asofVersion } from '../src/version.ts';
import { addCommands, describeCommands } from './commands.ts';
import type { CliContext, CommandContext } from './context.ts';

/**
 * What each failure exits with: 2 wrong usage, 3 not found or can't be known, 4 the other side failed or refused login, 5 a check that
 * was asked for does not hold. 1 is a bug in asof.
 */
export const exitCodes = {
  REF_INVALID: 2,
  TABLE_NOT_FOUND: 3,
  TABLE_NOT_DELTA: 3,
  TABLE_NAME_UNKNOWN: 3,
  STORE_UNSUPPORTED: 3,
  ACCESS_DENIED: 4,
  VERSION_TOO_NEW: 3,
  VERSION_TOO_OLD: 3,
  MOMENT_TOO_EARLY: 3,
  MOMENT_IN_FUTURE: 3,
  LOG_GAP: 3,
  LOG_DAMAGED: 3,
  CHECKPOINT_DAMAGED: 3,
  FEATURE_UNSUPPORTED: 3,
  DELETION_VECTOR_DAMAGED: 3,
  PATH_OUTSIDE_TABLE: 3,
  FILES_MISSING: 3,
  FILE_CHANGED: 3,
  FILE_DAMAGED: 3,
  ROWS_MISCOUNTED: 3,
  COLUMN_UNKNOWN: 3,
  FILTER_INVALID: 2,
  GUARD_UNSUPPORTED: 3,
  RETENTION_UNCLEAR: 3,
  PIN_UNSTABLE: 3,
  TABLE_NOT_IN_WAREHOUSE: 3,
  VERSION_REFUSED: 3,
  FILES_LOST: 3,
  FILES_UNKNOWN: 3,
  PERMISSION_MISSING: 4,
  TARGET_EXISTS: 2,
  COPY_UNSUPPORTED: 2,
  ENGINES_DISAGREE: 3,
  DATABRICKS_UNCONFIGURED: 2,
  WAREHOUSE_NOT_FOUND: 4,
  WAREHOUSE_NOT_STARTED: 4,
  WAREHOUSE_UNREACHABLE: 4,
  WAREHOUSE_LOGIN_REFUSED: 4,
  WAREHOUSE_REFUSED: 4,
  OUTPUT_NOT_EMPTY: 2,
  OUTPUT_NOT_OURS: 2,
  OUTPUT_UNUSABLE: 2,
  DISK_FULL: 4,
  MEMORY_EXHAUSTED: 4,
  MODEL_REF_INVALID: 2,
  MODEL_NOT_FOUND: 3,
  MODEL_VERSION_NOT_FOUND: 3,
  STAGE_UNKNOWN: 2,
  STAGE_EMPTY: 3,
  ALIAS_NOT_FOUND: 3,
  MODEL_AMBIGUOUS: 3,
  RUN_NOT_FOUND: 3,
  LOGGED_MODEL_NOT_FOUND: 3,
  STAGE_UNSUPPORTED: 3,
  RUN_ALREADY_STAMPED: 3,
  STAMP_NOT_STORED: 4,
  STAMP_INVALID: 3,
  STAMP_TOO_LARGE: 2,
  STAMP_MISSING: 3,
  MODEL_WITHOUT_RUN: 3,
  LINK_UNCERTAIN: 3,
  TABLE_ALIAS_UNKNOWN: 3,
  TABLE_REPLACED: 3,
  DIGEST_DIFFERS: 3,
  NAME_INVALID: 2,
  VALUE_TOO_LONG: 2,
  TRACKING_URI_UNSUPPORTED: 2,
  SERVER_UNREACHABLE: 4,
  SERVER_TIMEOUT: 4,
  LOGIN_REFUSED: 4,
  SERVER_REFUSED: 4,
  UNEXPECTED_RESPONSE: 4,
  LEDGER_MISSING: 3,
  LEDGER_BUSY: 4,
  LEDGER_UNUSABLE: 4,
  JOURNAL_INVALID: 3,
  JOURNAL_DIVERGES: 3,
  HOLD_NOT_FOUND: 3,
  SYNC_MISSING: 3,
  NOT_KEPT: 3,
  PAST_UNKNOWN: 3,
  CONFIG_INVALID: 2,
  FILE_UNREADABLE: 2,
  COMMAND_NOT_STARTED: 2,
  OPTION_INVALID: 2,
} satisfies Record<ErrorCode, number>;

/** Runs one command line. Never exits, never reads globals: the answer is the exit code. */
export async function run(args: readonly string[], context: CliContext): Promise<number> {
  const isJson = wantsJson(args);
  const program = new Command('asof')
    .description('Which data trained this model, and the exact rows back.')
    .version(asofVersion, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: context.out,
      writeErr: isJson ? () => {} : context.err,
      getOutHelpWidth: () => context.columns,
      getErrHelpWidth: () => context.columns,
    })
    .showHelpAfterError("('--help' behind a command shows how it is written)")
    .enablePositionalOptions();
  let exitCode = 0;
  const endings: (() => Promise<void>)[] = [];
  const commandContext: CommandContext = {
    ...context,
    end: (code) => {
      exitCode = code;
    },
    atEnd: (work) => {
      endings.push(work);
    },
    describeCommands: () => describeCommands(commandContext),
  };
  await addCommands(program, args, commandContext);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return await report(error, isJson, context);
    if (error.exitCode === 0) return 0;
    return isJson ? await report(await usageError(error, args), isJson, context) : 2;
  } finally {
    for (const work of endings) await work();
  }
}

/** What stands behind `--` is another program's. */
export function wantsJson(args: readonly string[]): boolean {
  return args.slice(0, [...args, '--'].indexOf('--')).includes('--json');
}

/** A command line that commander refuses, as `--json` reports everything. */
async function usageError({ message }: CommanderError, args: readonly string[]) {
  const { LineageError } = await import('./errors.ts');
  const option = ['asof', ...args.filter((arg) => !arg.startsWith('-')).slice(0, 1)].join(' ');
  const problem = message.replace(/^error: /, '').replace(/\.$/, '');
  return new LineageError('OPTION_INVALID', { option, problem });
}

/** Prints a failure and says what to exit with. */
export async function report(
  error: unknown,
  isJson: boolean,
  context: Pick<CliContext, 'err' | 'signal'>,
): Promise<number> {
  if (context.signal.aborted) {
    context.err('interrupted; nothing half-written was left\n');
    return 130;
  }
  const { isLineageError } = await import('./errors.ts');
  const { failureJson, failureText } = await import('./render/failure.ts');
  context.err(isJson ? failureJson(error) : failureText(error));
  return isLineageError(error) ? exitCodes[error.code] : 1;
}

import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { DescribedCommand } from './completion.ts';
import type { CommandContext } from './context.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<(context: CommandContext) => CommandUnknownOpts>;
}

/** Every command, in the order of the help. A group's commands have the group's name before theirs. */
export const commands: Readonly<Record<string, Entry>> = {
  history: {
    summary: 'list the versions of a table, newest first',
    load: async () => (await import('./commands/history.ts')).historyCommand,
  },
  show: {
    summary: 'show a table at one version: columns, files, rows, size, properties',
    load: async () => (await import('./commands/show.ts')).showCommand,
  },
  pin: {
    summary: 'resolve tables to versions, several at one instant',
    load: async () => (await import('./commands/pin.ts')).pinCommand,
  },
  run: {
    summary: 'run a training on pinned tables, and stamp its run with them',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  stamp: {
    summary: 'record on a run which table versions it trains on',
    load: async () => (await import('./commands/stamp.ts')).stampCommand,
  },
  trace: {
    summary: 'tell which table versions trained a model',
    load: async () => (await import('./commands/trace.ts')).traceCommand,
  },
  status: {
    summary: 'tell whether the data of models can still be had, and until when',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  guard: {
    summary: 'tell which models a VACUUM of a table would break',
    load: async () => (await import('./commands/guard.ts')).guardCommand,
  },
  verify: {
    summary: 'tell whether data is still what was stamped, or what was rehydrated',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  rehydrate: {
    summary: 'write the exact rows that trained a model, or those of a table version',
    load: async () => (await import('./commands/rehydrate.ts')).rehydrateCommand,
  },
  digest: {
    summary: 'print what the rows of a table version amount to, the same from every engine',
    load: async () => (await import('./commands/digest.ts')).digestCommand,
  },
  check: {
    summary: 'require that what trained a model is stamped, readable, validated',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  impact: {
    summary: 'tell which models were trained on what some commits of a table did',
    load: async () => (await import('./commands/impact.ts')).impactCommand,
  },
  lineage: {
    summary: 'tell where a table version comes from, by facts alone',
    load: async () => (await import('./commands/lineage.ts')).lineageCommand,
  },
  backfill: {
    summary: 'propose stamps for runs that have none, and write them',
    load: async () => (await import('./commands/backfill.ts')).backfillCommand,
  },
  doctor: {
    summary: 'find what is wrong in the data records of registered models',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  sync: {
    summary: 'keep what an MLflow registry holds now, so that its past can be asked for',
    load: async () => (await import('./commands/sync.ts')).syncCommand,
  },
  hold: {
    summary: 'keep a version for good, as a Delta table of its own',
    load: async () => (await import('./commands/hold.ts')).holdCommand,
  },
  holds: {
    summary: 'list what is held',
    load: async () => (await import('./commands/holds.ts')).holdsCommand,
  },
  release: {
    summary: 'give a hold up; the plan first',
    load: async () => (await import('./commands/release.ts')).releaseCommand,
  },
  models: {
    summary: 'list registered models and their versions',
    load: async () => (await import('./commands/models.ts')).modelsCommand,
  },
  'model register': {
    summary: 'register a model from a run',
    load: async () => (await import('./commands/model-register.ts')).modelRegisterCommand,
  },
  'model promote': {
    summary: 'move a model version into a stage, or point an alias at it',
    load: async () => (await import('./commands/model-promote.ts')).modelPromoteCommand,
  },
  'ledger verify': {
    summary: "tell whether the ledger's journal is as it was written",
    load: async () => (await import('./commands/ledger-verify.ts')).ledgerVerifyCommand,
  },
  'ledger export': {
    summary: "print the ledger's journal",
    load: async () => (await import('./commands/ledger-export.ts')).ledgerExportCommand,
  },
  'ledger import': {
    summary: 'take over what another copy of the journal has more',
    load: async () => (await import('./commands/ledger-import.ts')).ledgerImportCommand,
  },
  config: {
    summary: 'show the settings and where each comes from',
    load: async () => (await import('./commands/config.ts')).configCommand,
  },
  completion: {
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
};

const groups: Readonly<Record<string, string>> = {
  model: 'register a model, or promote one of its versions',
  ledger: "verify, export or import the ledger's journal",
};

/** Adds all commands to the program: whole the ones that the command line may mean, the others by name and summary. */
export async function addCommands(
  program: Command,
  args: readonly string[],
  context: CommandContext,
): Promise<void> {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const [asked] = words[0] === 'help' ? words.slice(1) : words;
  const parents = new Map(
    Object.entries(groups).map(([name, summary]) => {
      const group = new Command(name).copyInheritedSettings(program).description(summary);
      return [name, group] as const;
    }),
  );
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const [first = name, second] = name.split(' ');
    const parent = second === undefined ? program : parents.get(first);
    const command = asked === first ? (await lean(load))(context) : new Command(second ?? first);
    command.description(summary).copyInheritedSettings(program);
    parent?.addCommand(command);
    if (second !== undefined && parent !== undefined && !program.commands.includes(parent)) {
      program.addCommand(parent);
    }
  }
}

/** A command checks too few values for the code that zod would make for each shape to pay. It has to know before the first shape. */
async function lean<T>(load: () => Promise<T>): Promise<T> {
  const { config } = await import('zod');
  config({ jitless: true });
  return await load();
}

/** Every command with its options, for completion. */
export async function describeCommands(
  context: CommandContext,
): Promise<readonly DescribedCommand[]> {
  return await Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => ({
      name,
      summary,
      options: (await load())(context).options.flatMap(({ long, description }) =>
        long == null ? [] : [{ flag: long, description }],
      ),
    })),
  );
}

import { Command, Option } from '@commander-js/extra-typings';
import {
  connectRegistry,
  guard,
  keptHolds,
  LineageError,
  parseStage,
  vacuumEngines,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { recordNames, requireLedger, tableRef, tablesFor } from '../inputs.ts';
import { collect, configOption, duration, jsonOption } from '../options.ts';
import { guardMarkdown, guardText } from '../render/guard.ts';
import { settingsFor } from '../settings.ts';

export function guardCommand(context: CommandContext) {
  return new Command('guard')
    .argument('<table>', 'name or location of the table')
    .option(
      '--retain <time>',
      "what VACUUM will be given: 168h, 7d; default: the table's own",
      duration,
    )
    .addOption(
      new Option('--engine <name>', 'whose VACUUM')
        .choices(vacuumEngines)
        .default('spark' as const),
    )
    .option(
      '--protect <name>',
      'a stage, or an @alias, that must not break; again for more; default: Staging, Production and every alias',
      collect,
    )
    .option('--files', 'list the files too', false)
    .addOption(new Option('--md', 'print Markdown').conflicts('json'))
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Nothing is deleted. It exits with 5 when the data of a protected model would break.

Example:
  asof guard analytics.customer_features --retain 168h && vacuum-job
`,
    )
    .action(async (text, options) => {
      const { signal, now } = context;
      const settings = await settingsFor(context, options.config);
      const tables = tablesFor(context, settings);
      const { table, moment } = tableRef(text, tables);
      if (moment.kind !== 'latest') {
        const problem = "VACUUM works on the whole table; leave the '@' away";
        throw new LineageError('REF_INVALID', { text, problem });
      }
      const registry = await connectRegistry(settings, context);
      try {
        const result = await guard(
          table,
          { ...registry, tables, holds: await keptHolds(registry.journal) },
          {
            ...recordNames(settings),
            now: now(),
            signal,
            engine: options.engine,
            retainMs: options.retain,
            protect: options.protect?.map(stageOrAlias),
          },
        );
        requireLedger(settings);
        const shown = options.files ? result : { ...result, paths: [] };
        context.out(
          options.json
            ? `${JSON.stringify(result)}\n`
            : options.md
              ? guardMarkdown(shown)
              : guardText(shown),
        );
        if (result.isProtectedBroken) context.end(5);
      } finally {
        registry.close();
      }
    });
}

/** A misspelt stage would protect nothing, and say that nothing protected breaks. */
function stageOrAlias(name: string): string {
  return /^@./.test(name) ? name : parseStage(name);
}

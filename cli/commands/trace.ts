import { Command } from '@commander-js/extra-typings';
import { connectRegistry, holdsIn, parseModelRef, trace, unnamedVersion } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { evidenceFor, settingsFor, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { warningLines } from '../render/text.ts';
import { traceText } from '../render/trace.ts';

/** What `asof trace` exits with when it found a model, but no version of any table. */
const cannotBeKnown = 3;

export function traceCommand(context: CommandContext) {
  return new Command('trace')
    .argument(
      '<model>',
      'models:/NAME/VERSION, models:/NAME/STAGE, models:/NAME@ALIAS, models:/m-ID, runs:/RUN_ID or NAME',
    )
    .option(
      '--table <ref>',
      `the table that the parameter ${unnamedVersion} is about, or that a run without any record of one read`,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof trace models:/churn_model/Production\n')
    .action(async (text, { table, json, config }) => {
      const settings = await settingsFor(context, config);
      const ref = parseModelRef(text);
      const { signal, now } = context;
      const registry = await connectRegistry(settings, context);
      try {
        const holds = holdsIn(await registry.journal.entries());
        const sources = { ...registry, tables: tablesFor(context, settings), holds };
        const options = { ...evidenceFor(settings, table), now: now(), signal };
        let isFirst = true;
        for await (const result of trace(ref, sources, options)) {
          if (json) context.out(`${JSON.stringify(result)}\n`);
          else context.out(`${isFirst ? '' : '\n'}${traceText(result, context)}`);
          if (!json) context.err(warningLines(result.warnings));
          if (!result.links.some(({ version }) => version !== null)) context.end(cannotBeKnown);
          isFirst = false;
        }
        if (isFirst) {
          context.err(`${text} has no version.\n`);
          context.end(cannotBeKnown);
        }
      } finally {
        registry.close();
      }
    });
}

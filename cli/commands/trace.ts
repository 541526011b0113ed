import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  keptHolds,
  parseModelRef,
  trace,
  unnamedVersion,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { evidenceFor, pastMoment, sourcesFor, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { warningLines } from '../render/text.ts';
import { traceText } from '../render/trace.ts';
import { settingsFor } from '../settings.ts';

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
    .option(
      '--on <date>',
      'what stood in the stage or under the alias then: 2026-03-31 (its end, UTC) or 2026-03-31T12:00:00Z',
    )
    .option('--offline', "read runs and models from the copy that 'asof sync' keeps", false)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof trace models:/churn_model/Production\n')
    .action(async (text, { table, on, offline, json, config }) => {
      const settings = await settingsFor(context, config);
      const ref = parseModelRef(text);
      const { signal, now } = context;
      const registry = await connectRegistry(settings, context);
      try {
        const instant = on === undefined ? undefined : pastMoment(on, now());
        // What is gone from the registry since is in the copy.
        const sources = {
          ...sourcesFor(registry, offline || instant !== undefined),
          tables: tablesFor(context, settings),
          holds: await keptHolds(registry.journal),
        };
        const { past } = registry;
        const options = { ...evidenceFor(settings, table), now: now(), on: instant, past, signal };
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

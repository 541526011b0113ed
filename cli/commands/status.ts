import { Command, Option } from '@commander-js/extra-typings';
import {
  connectRegistry,
  keptHolds,
  parseModelRef,
  type StatusLine,
  status,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { recordNames, requireLedger, sourcesFor, tablesFor } from '../inputs.ts';
import { configOption, duration, jsonOption } from '../options.ts';
import { statusMarkdown, statusText } from '../render/status.ts';
import { warningLines } from '../render/text.ts';
import { settingsFor } from '../settings.ts';

export function statusCommand(context: CommandContext) {
  return new Command('status')
    .argument('[models...]', 'as for trace; all registered models if left away')
    .option('--check', 'exit with 5 when data is lost or can get lost within that time', false)
    .option('--within <time>', 'for --check: 30d, 168h; default: any moment now', duration)
    .option('--protected', 'only versions in Staging or Production, or with an alias', false)
    .option('--offline', "read runs and models from the copy that 'asof sync' keeps", false)
    .addOption(new Option('--md', 'print Markdown').conflicts('json'))
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExamples:\n  asof status\n  asof status --protected --check --within 30d\n',
    )
    .action(async (texts, options) => {
      const { signal, now } = context;
      const settings = await settingsFor(context, options.config);
      const refs = texts.map(parseModelRef);
      const tables = tablesFor(context, settings);
      if (options.check) requireLedger(settings);
      const registry = await connectRegistry(settings, context);
      try {
        const lines: StatusLine[] = [];
        let findings = 0;
        const asked = status(
          refs,
          {
            ...sourcesFor(registry, options.offline),
            tables,
            holds: await keptHolds(registry.journal),
          },
          {
            ...recordNames(settings),
            now: now(),
            signal,
            isProtectedOnly: options.protected,
            withinMs: options.within ?? 0,
          },
        );
        for await (const line of asked) {
          findings += line.findings.length;
          if (options.json) context.out(`${JSON.stringify(line)}\n`);
          else lines.push(line);
        }
        if (!options.json) {
          if (lines.length === 0) context.err('There is no such model version.\n');
          else context.out(options.md ? statusMarkdown(lines, now()) : statusText(lines, context));
          context.err(warningLines(lines.flatMap(({ warnings }) => warnings)));
        }
        if (options.check && findings > 0) context.end(5);
      } finally {
        registry.close();
      }
    });
}

import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { asofVersion, type BackfillLine, backfill, connectRegistry } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { recordNames, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { backfillSummary, backfillTable } from '../render/backfill.ts';
import { settingsFor } from '../settings.ts';

export function backfillCommand(context: CommandContext) {
  return new Command('backfill')
    .option('--apply', 'write the stamps that are proposed; without it nothing is written', false)
    .option(
      '--min-confidence <number>',
      'leave runs of which a table is less sure, from 0 to 1',
      confidence,
      0.7,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nA run whose records disagree is left as it is. It can be stopped and called again: stamped runs are passed over.\n\nExamples:\n  asof backfill\n  asof backfill --apply\n',
    )
    .action(async ({ apply, minConfidence, json, config }) => {
      const settings = await settingsFor(context, config);
      const { signal, now, isInteractive } = context;
      const registry = await connectRegistry(settings, context);
      try {
        const lines: BackfillLine[] = [];
        const proposals = backfill(
          { ...registry, tables: tablesFor(context, settings) },
          {
            ...recordNames(settings),
            now: now(),
            asof: asofVersion,
            minConfidence,
            isApplied: apply,
            signal,
            onProgress: (runs) => {
              if (isInteractive) context.err(`\r${runs} runs looked at`);
            },
          },
        );
        for await (const line of proposals) {
          if (json) context.out(`${JSON.stringify(line)}\n`);
          lines.push(line);
        }
        if (isInteractive) context.err('\n');
        if (!json && lines.length > 0) context.out(backfillTable(lines));
        if (!json) context.err(backfillSummary(lines, apply));
      } finally {
        registry.close();
      }
    });
}

function confidence(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It is a number from 0 to 1.');
}

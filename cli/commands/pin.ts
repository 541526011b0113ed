import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { pinResultOf } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { pinRequests, pinWith, tablesFor } from '../inputs.ts';
import { configOption, jsonOption, rowDigestOption } from '../options.ts';
import { writeNamedFile } from '../outputs.ts';
import { pinText } from '../render/pin.ts';
import { settingsFor } from '../settings.ts';

export function pinCommand(context: CommandContext) {
  return new Command('pin')
    .argument('<tables...>', "each as REF or alias=REF, with '@v47' or without")
    .option('-o, --output <file>', "write the pins to a file, for 'asof stamp --pins'")
    .addOption(rowDigestOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExample:\n  asof pin features=analytics.customer_features labels=analytics.churn --output pins.json\n',
    )
    .action(async (texts, { output, rowDigest = false, json, config }) => {
      const settings = await settingsFor(context, config);
      const requests = pinRequests(texts, tablesFor(context, settings));
      const pins = await pinWith(context, settings, requests, rowDigest);
      const result = pinResultOf(pins, context.now());
      if (output !== undefined) {
        const path = resolve(context.cwd, output);
        await writeNamedFile(path, `${JSON.stringify(result, undefined, 2)}\n`, '--output');
      }
      context.out(json ? `${JSON.stringify(result)}\n` : pinText(result, context));
    });
}

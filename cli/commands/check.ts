import { Command } from '@commander-js/extra-typings';
import {
  checkModel,
  connectRegistry,
  keptHolds,
  LineageError,
  parseModelRef,
  type RequirementName,
  requirementNames,
  trace,
  verifyRun,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { evidenceFor, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { checkText } from '../render/check.ts';
import { settingsFor } from '../settings.ts';

/** What `asof check` exits with when something required does not hold. */
const checkFailed = 5;

export function checkCommand(context: CommandContext) {
  return new Command('check')
    .argument('<model>', 'a model or run as for trace')
    .requiredOption(
      '--require <names>',
      `what has to hold, with commas between: ${requirementNames.join(', ')}`,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExample:\n  asof check models:/churn_model/3 --require stamp,readable,verified,validation && asof model promote models:/churn_model/3 --stage Production\n',
    )
    .action(async (text, { require, json, config }) => {
      const required = requirementsIn(require);
      const settings = await settingsFor(context, config);
      const { signal, now } = context;
      const registry = await connectRegistry(settings, context);
      try {
        const holds = await keptHolds(registry.journal);
        const sources = { ...registry, holds, tables: tablesFor(context, settings) };
        const options = { ...evidenceFor(settings), now: now(), signal };
        let checked = 0;
        for await (const result of trace(parseModelRef(text), sources, options)) {
          const { runId } = result.model;
          const run =
            required.includes('verified') && runId !== null && result.run !== null
              ? await registry.runs.get(runId, { signal })
              : undefined;
          const checks = run && (await verifyRun(run, sources, { signal }));
          const line = checkModel(result, required, checks);
          context.out(json ? `${JSON.stringify(line)}\n` : checkText(line, context));
          if (!line.isPassed) context.end(checkFailed);
          checked += 1;
        }
        if (checked === 0) {
          context.err(`${text} has no version.\n`);
          context.end(3);
        }
      } finally {
        registry.close();
      }
    });
}

function requirementsIn(text: string): readonly RequirementName[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .map((name) => {
      const known = requirementNames.find((one) => one === name);
      if (known !== undefined) return known;
      const problem = `'${name}' is none of ${requirementNames.join(', ')}`;
      throw new LineageError('OPTION_INVALID', { option: '--require', problem });
    });
}

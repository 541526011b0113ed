import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  formatModelVersion,
  modelLineOf,
  registerFromRun,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { settingsFor } from '../settings.ts';

export function modelRegisterCommand(context: CommandContext) {
  return new Command('register')
    .argument('<name>', 'name of the model')
    .requiredOption('--run <id>', 'the run that made it')
    .option('--source <path>', "where the model's files lie")
    .option('--description <text>', 'what the model is, in your words')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExample:\n  asof model register churn_model --run 828a… --source models/churn.json\n',
    )
    .action(async (name, { run, source, description, json, config }) => {
      const { signal } = context;
      const registry = await connectRegistry(await settingsFor(context, config), context);
      try {
        const registered = await registerFromRun(
          registry,
          { name, runId: run, ...(source && { source }), ...(description && { description }) },
          { signal },
        );
        const version = await registry.models.version(name, registered.version, { signal });
        context.out(
          json
            ? `${JSON.stringify(modelLineOf(version))}\n`
            : `registered ${formatModelVersion(name, version.version)}\n`,
        );
      } finally {
        registry.close();
      }
    });
}

import { Command } from '@commander-js/extra-typings';
import { connectRegistry, type ModelLine, modelLineOf, parseModelRef } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { modelTable } from '../render/models.ts';
import { settingsFor } from '../settings.ts';

export function modelsCommand(context: CommandContext) {
  return new Command('models')
    .argument('[name]', 'only this model')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof models churn_model\n')
    .action(async (text, { json, config }) => {
      const { signal } = context;
      const registry = await connectRegistry(await settingsFor(context, config), context);
      try {
        const { models } = registry;
        const name = text === undefined ? undefined : nameIn(text);
        const found =
          name === undefined ? models.models({ signal }) : [await models.model(name, { signal })];
        const lines: ModelLine[] = [];
        for await (const { versions } of found) {
          for (const version of versions) {
            const line = modelLineOf(version);
            if (json) context.out(`${JSON.stringify(line)}\n`);
            else lines.push(line);
          }
        }
        if (json) return;
        if (lines.length > 0) context.out(modelTable(lines, context.now()));
        else context.err(`There is no registered model in ${models.title}.\n`);
      } finally {
        registry.close();
      }
    });
}

/** Also `models:/NAME`. */
function nameIn(text: string): string {
  const ref = parseModelRef(text);
  return ref.kind === 'name' ? ref.name : text;
}

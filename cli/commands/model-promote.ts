import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  formatModelVersion,
  LineageError,
  modelLineOf,
  parseModelRef,
  parseStage,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { settingsFor } from '../settings.ts';

export function modelPromoteCommand(context: CommandContext) {
  return new Command('promote')
    .argument('<model>', 'models:/NAME/VERSION')
    .option('--stage <stage>', 'Staging, Production, Archived or None')
    .option('--archive-others', 'move the versions that are in that stage to Archived', false)
    .option('--alias <name>', 'point this alias at the version')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExample:\n  asof model promote models:/churn_model/3 --stage Production --archive-others\n',
    )
    .action(async (text, { stage, archiveOthers, alias, json, config }) => {
      const ref = parseModelRef(text);
      if (ref.kind !== 'version') {
        const problem = 'one version of a model is promoted, as models:/NAME/VERSION';
        throw new LineageError('MODEL_REF_INVALID', { text, problem });
      }
      if (stage === undefined && alias === undefined) {
        const problem = 'say where to, with --stage or --alias';
        throw new LineageError('OPTION_INVALID', { option: 'model promote', problem });
      }
      const { name, version } = ref;
      const { signal } = context;
      const parsed = stage === undefined ? undefined : parseStage(stage);
      const { models, close } = await connectRegistry(await settingsFor(context, config), context);
      try {
        // First what may be refused for its name, so that nothing has moved then.
        if (alias !== undefined) await models.setAlias(name, version, alias, { signal });
        if (parsed !== undefined) {
          await models.setStage(name, version, parsed, { archiveOthers, signal });
        }
        const line = modelLineOf(await models.version(name, version, { signal }));
        const standing = [...line.stages, ...line.aliases.map((one) => `@${one}`)].join(', ');
        context.out(
          json
            ? `${JSON.stringify(line)}\n`
            : `${formatModelVersion(name, version)} is ${standing === '' ? 'in no stage' : standing}\n`,
        );
      } finally {
        close();
      }
    });
}

import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  isRehydrated,
  keptHolds,
  LineageError,
  parseModelRef,
  runsOf,
  type VerifyCheck,
  type VerifyOptions,
  type VerifyResult,
  verifyFolder,
  verifyRun,
  verifyVersion,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { tableRef, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { verifyText } from '../render/verify.ts';
import { settingsFor } from '../settings.ts';

export function verifyCommand(context: CommandContext) {
  return new Command('verify')
    .argument(
      '<what>',
      'a model or run as for trace (with models:/ or runs:/), a table as TABLE@v47, or a folder of rehydrated rows',
    )
    .option('--deep', 'hash every data file, and compare with what was noted the first time', false)
    .option(
      '--rows',
      'read the rows, and compare their digest with the stamped one, or with that of the first time',
      false,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nIt exits with 5 when something differs.\n\nExamples:\n  asof verify models:/churn_model/Production\n  asof verify data/\n',
    )
    .action(async (what, { deep, rows, json, config }) => {
      const wanted = { isDeep: deep, withRows: rows };
      const checks = await checksOf(what, wanted, config, context);
      const isSame = checks.every(({ outcome }) => outcome !== 'differs');
      const result: VerifyResult = { schemaVersion: 1, what, checks: [...checks], isSame };
      context.out(json ? `${JSON.stringify(result)}\n` : verifyText(result));
      if (!isSame) context.end(5);
    });
}

async function checksOf(
  what: string,
  wanted: VerifyOptions,
  config: string | undefined,
  context: CommandContext,
): Promise<readonly VerifyCheck[]> {
  const { signal } = context;
  const isModel = /^(models|runs):/i.test(what);
  const folder = resolve(context.cwd, what);
  if (!isModel && (await isRehydrated(folder))) return await verifyFolder(folder);
  const settings = await settingsFor(context, config);
  const tables = tablesFor(context, settings);
  const registry = await connectRegistry(settings, context);
  try {
    const sources = { ...registry, tables, holds: await keptHolds(registry.journal) };
    if (!isModel) {
      const { table, moment } = tableRef(what, tables);
      if (moment.kind === 'latest') {
        const problem =
          "a version is verified, as TABLE@v47; a folder without _asof.json is none of asof's";
        throw new LineageError('REF_INVALID', { text: what, problem });
      }
      const { version } = await table.history.resolve(moment, { signal });
      return await verifyVersion(table, version, sources, { ...wanted, signal });
    }
    const checks: VerifyCheck[] = [];
    for (const run of await runsOf(parseModelRef(what), what, sources, { signal })) {
      checks.push(...(await verifyRun(run, sources, { ...wanted, signal })));
    }
    return checks;
  } finally {
    registry.close();
  }
}

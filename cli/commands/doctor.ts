import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  doctor,
  type Finding,
  fixFinding,
  isLineageError,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { recordNames, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { doctorTable, findingText } from '../render/doctor.ts';
import { plural } from '../render/text.ts';
import { settingsFor } from '../settings.ts';

/** What `asof doctor` exits with when something is wrong, or could not be fixed. */
const checkFailed = 5;

export function doctorCommand(context: CommandContext) {
  return new Command('doctor')
    .option(
      '--fix',
      'do what is safe, after showing it: nothing that somebody wrote is lost',
      false,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof doctor --fix\n')
    .action(async ({ fix, json, config }) => {
      const settings = await settingsFor(context, config);
      const { signal, now } = context;
      const registry = await connectRegistry(settings, context);
      try {
        const sources = { ...registry, tables: tablesFor(context, settings) };
        const options = { ...recordNames(settings), now: now(), signal };
        const findings = await doctor(sources, options);
        if (!json && findings.length > 0) context.out(doctorTable(findings));
        const attempt = async (finding: Finding): Promise<Finding> => {
          if (!json) context.err(`fixing ${findingText(finding)}\n`);
          try {
            await fixFinding(finding, registry, { signal });
            return { ...finding, isFixed: true };
          } catch (error) {
            if (!isLineageError(error)) throw error;
            // Others may be fixed all the same.
            context.err(`not fixed: ${findingText(finding)}: ${error.message}\n`);
            return { ...finding, isFixed: false };
          }
        };
        const done: Finding[] = [];
        for (const finding of findings) {
          done.push(fix && finding.isFixable ? await attempt(finding) : finding);
        }
        if (json) for (const finding of done) context.out(`${JSON.stringify(finding)}\n`);
        const left = done.filter(({ isFixed }) => isFixed !== true);
        const wrong = left.filter(({ severity }) => severity === 'wrong').length;
        if (!json) {
          const fixed = done.length - left.length;
          context.err(
            `${plural(wrong, 'thing')} wrong, ${plural(left.length - wrong, 'notice')}${fixed === 0 ? '' : `, ${fixed} fixed`}\n`,
          );
        }
        if (wrong > 0 || left.some(({ isFixed }) => isFixed === false)) context.end(checkFailed);
      } finally {
        registry.close();
      }
    });
}

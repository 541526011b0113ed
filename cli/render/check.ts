import { type CheckLine, formatModelVersion } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { plainLine, styles } from './text.ts';

export function checkText(
  { model, isPassed, requirements }: CheckLine,
  { hasColor }: CliContext,
): string {
  const { bold, green, red } = styles(hasColor);
  const name =
    model.name !== null && model.version !== null
      ? formatModelVersion(model.name, model.version)
      : `runs:/${model.runId}`;
  const lines = requirements.map(
    ({ name: what, isMet, why }) =>
      `  ${isMet ? green('holds ') : red('misses')}  ${what}: ${plainLine(why)}\n`,
  );
  return `${bold(name)}  ${isPassed ? green('passes') : red('does not pass')}\n${lines.join('')}`;
}

import { type CopyKind, LineageError, makeCopy, planCopy, type Wanted } from '../src/index.ts';
import type { CommandContext } from './context.ts';
import { copiedText, copyPlanText } from './render/copy.ts';

export interface CopyOptions {
  readonly into: string;
  readonly clone?: Exclude<CopyKind, 'rows'> | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `asof rehydrate --into`: prints the plan, and without `--dry-run` does it. */
export async function copyInto(
  wanted: readonly Wanted[],
  { into, clone, dryRun, json }: CopyOptions,
  context: CommandContext,
): Promise<void> {
  const { signal, out, err } = context;
  const [one, ...others] = wanted;
  if (one === undefined || others.length > 0) {
    const problem = `it takes one table; of ${wanted.map(({ alias }) => alias).join(', ')} name one with --table`;
    throw new LineageError('OPTION_INVALID', { option: '--into', problem });
  }
  const planned = await planCopy(one, into, clone ?? 'rows', { signal });
  if (dryRun) {
    out(json ? `${JSON.stringify(planned.result)}\n` : copyPlanText(planned.result));
    return;
  }
  err(copyPlanText(planned.result));
  const result = await makeCopy(planned, { signal });
  out(json ? `${JSON.stringify(result)}\n` : copiedText(result));
}

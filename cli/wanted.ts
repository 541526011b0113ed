import {
  LineageError,
  parseModelRef,
  type ReadSpec,
  type Settings,
  type TraceResult,
  type TraceSources,
  trace,
  type Wanted,
  wantedOf,
  wantedTable,
} from '../src/index.ts';
import type { CommandContext } from './context.ts';
import { evidenceFor, pinRequests } from './inputs.ts';

export interface WantedChoice {
  /** Aliases; all when empty. */
  readonly only?: readonly string[];
  /** Instead of what was stamped. */
  readonly read?: ReadSpec | undefined;
  readonly acceptInferred?: boolean;
}

/** The table versions that a command line names: those that trained one model or run, or one of a table. */
export async function wantedFor(
  what: string,
  sources: TraceSources,
  settings: Settings,
  { signal, now }: CommandContext,
  choice: WantedChoice = {},
): Promise<{ readonly wanted: readonly Wanted[]; readonly runId: string | undefined }> {
  const { tables } = sources;
  if (!/^(models|runs):/i.test(what)) {
    const [request] = pinRequests([what], tables);
    if (request === undefined) throw new TypeError('one request for one table');
    const { alias, table, moment } = request;
    const options = { signal, now: now(), sources };
    const wanted = await wantedTable(alias, table, moment, choice.read, options);
    return { wanted: [wanted], runId: undefined };
  }
  const results: TraceResult[] = [];
  const options = { ...evidenceFor(settings), now: now(), signal };
  for await (const result of trace(parseModelRef(what), sources, options)) results.push(result);
  const [result, ...others] = results;
  if (result === undefined || others.length > 0) {
    const versions = results.map(({ model }) => model.version ?? 0);
    throw new LineageError('MODEL_AMBIGUOUS', { ref: what, versions });
  }
  const wanted = await wantedOf(what, result, tables, { ...choice, signal });
  return { wanted, runId: result.model.runId ?? undefined };
}

import type { ModelRef } from '../registry/model-ref.ts';
import { rememberingSources } from './remembering-sources.ts';
import type { TraceResult } from './result/trace.ts';
import { subjectsOf } from './subjects.ts';
import { subjectsOn } from './subjects-on.ts';
import { tableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { gatherRecords, judgeSubject } from './trace-subject.ts';

/**
 * Which table versions trained a model: one result a model version, ascending; several when a stage or a name alone means several.
 * What a run does not record is said to be unknown; a run that is gone makes a warning, not an error.
 *
 * @throws LineageError MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, STAGE_EMPTY, ALIAS_NOT_FOUND, LOGGED_MODEL_NOT_FOUND, RUN_NOT_FOUND
 */
export async function* trace(
  ref: ModelRef,
  given: TraceSources,
  options: TraceOptions,
): AsyncGenerator<TraceResult, void, void> {
  const sources = rememberingSources(given);
  const states = tableStates(sources.tables, options);
  const { on } = options;
  const found =
    on === undefined
      ? { subjects: await subjectsOf(ref, sources, options) }
      : await subjectsOn(ref, on, options.past, sources, options);
  for (const records of await gatherRecords(found.subjects, sources, states, options)) {
    const { result } = await judgeSubject(records, sources, states, options);
    yield 'on' in found ? { ...result, on: found.on } : result;
  }
}

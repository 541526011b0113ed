import type { ModelRef } from '../registry/model-ref.ts';
import type { TraceResult } from './result/trace.ts';
import { subjectsOf } from './subjects.ts';
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
  sources: TraceSources,
  options: TraceOptions,
): AsyncGenerator<TraceResult, void, void> {
  const states = tableStates(sources.tables, options);
  const subjects = await subjectsOf(ref, sources, options);
  for (const records of await gatherRecords(subjects, sources, states, options)) {
    yield (await judgeSubject(records, sources, states, options)).result;
  }
}

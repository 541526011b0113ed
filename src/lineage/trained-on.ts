import type { DeltaTable } from '../delta/delta-table.ts';
import { metadataAt, type Timeline } from '../delta/table-timeline.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { TableEvidence } from './group-evidence.ts';
import { placesOf } from './judge-link.ts';
import { leadingTo } from './leads-to.ts';
import { rememberingSources } from './remembering-sources.ts';
import { allVersions, subjectOf } from './subjects.ts';
import { tableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { gatherRecords } from './trace-subject.ts';

/** One use of a table's version by a registered model. */
export interface TrainedOn {
  readonly version: number;
  readonly model: ModelVersion;
  /** Absent: the record does not say. */
  readonly tableId?: string;
}

/**
 * Every registered model version with a record of a version of this table, whatever its id: of the folder where it lies, whichever way
 * leads there, or of its id at a place where it is no more.
 */
export async function trainedOn(
  table: DeltaTable,
  given: TraceSources,
  options: TraceOptions,
): Promise<readonly TrainedOn[]> {
  const sources = rememberingSources(given);
  const call = options.signal ? { signal: options.signal } : {};
  const versions = await allVersions(sources.models, options);
  const states = tableStates(sources.tables, options);
  const gathered = await gatherRecords(versions.map(subjectOf), sources, states, options);
  const latest = await table.history.resolve({ kind: 'latest' }, call);
  const { tableId } = await table.facts.at(latest.version, call);
  const leadsHere = leadingTo(table, sources.tables);
  /** Moved, or seen from another machine. A copy of it, where the one recorded still is, is another matter. */
  const isMeant = async (evidence: TableEvidence) => {
    if (evidence.every(({ id }) => id !== tableId)) return false;
    const found = await states.find(placesOf(evidence), tableId);
    return 'failure' in found || !found.isSame;
  };

  const uses: TrainedOn[] = [];
  for (const { subject, uses: groups } of gathered) {
    const { version: model } = subject;
    if (model === undefined) continue;
    for (const evidence of groups) {
      const version = evidence.find((item) => item.version !== undefined)?.version;
      if (version === undefined) continue;
      if (!(await leadsHere(evidence)) && !(await isMeant(evidence))) continue;
      const id = evidence.find((item) => item.id !== undefined)?.id;
      uses.push({ version, model, ...(id !== undefined && { tableId: id }) });
    }
  }
  return uses;
}

/** The record is about the table that stands there, not about one of the same name before it. */
export function isOfTable({ tableId, version }: TrainedOn, timeline: Timeline): boolean {
  return tableId === undefined || metadataAt(timeline, version)?.tableId === tableId;
}

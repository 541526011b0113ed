import type { DeltaTable } from '../delta/delta-table.ts';
import { metadataAt, type Timeline } from '../delta/table-timeline.ts';
import type { ModelVersion } from '../registry/model.ts';
import { openTable } from './find-table.ts';
import { placesOf } from './judge-link.ts';
import { rememberingSources } from './remembering-sources.ts';
import { allVersions, subjectOf } from './subjects.ts';
import { tableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { gatherRecords, type SubjectRecords } from './trace-subject.ts';

/** One use of a table's version by a registered model. */
export interface TrainedOn {
  readonly version: number;
  readonly model: ModelVersion;
  /** Absent: the record does not say. */
  readonly tableId?: string;
}

/** Every registered model version with a record of a version of this table, whatever its id. */
export async function trainedOn(
  table: DeltaTable,
  given: TraceSources,
  options: TraceOptions,
): Promise<readonly TrainedOn[]> {
  const sources = rememberingSources(given);
  const versions = await allVersions(sources.models, options);
  const states = tableStates(sources.tables, options);
  const gathered = await gatherRecords(versions.map(subjectOf), sources, states, options);
  const places = new Map<string, string | undefined>();
  const locationOf = (place: string) => {
    if (!places.has(place)) places.set(place, openTable(place, sources.tables).table?.location);
    return places.get(place);
  };
  return gathered.flatMap((records) => usesOf(records, table.location, locationOf));
}

function usesOf(
  { subject, uses }: SubjectRecords,
  location: string,
  locationOf: (place: string) => string | undefined,
): readonly TrainedOn[] {
  const { version: model } = subject;
  if (model === undefined) return [];
  return uses.flatMap((evidence) => {
    const version = evidence.find((item) => item.version !== undefined)?.version;
    const isHere = placesOf(evidence).some((place) => locationOf(place) === location);
    if (version === undefined || !isHere) return [];
    const tableId = evidence.find(({ id }) => id !== undefined)?.id;
    return [{ version, model, ...(tableId !== undefined && { tableId }) }];
  });
}

/** The record is about the table that stands there, not about one of the same name before it. */
export function isOfTable({ tableId, version }: TrainedOn, timeline: Timeline): boolean {
  return tableId === undefined || metadataAt(timeline, version)?.tableId === tableId;
}

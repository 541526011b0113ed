import type { FileSpan, Timeline } from '../../src/delta/table-timeline.ts';
import type { StoredFiles } from '../../src/lineage/forecast.ts';
import { aSchema, tableId } from './builders.ts';

/** A file of ten rows that is there, from version 0 on. */
export function aSpan(path: string, fields: Partial<FileSpan> = {}): FileSpan {
  return {
    file: { path, sizeBytes: 100, modifiedAt: 0, partitionValues: {} },
    location: `/t/${path}`,
    isForeign: false,
    rows: 10,
    line: path,
    from: 0,
    ...fields,
  };
}

/** With a commit an hour from version 0 on, the times of their files. */
export function aTimeline(
  fields: Partial<Timeline> & {
    readonly properties?: Readonly<Record<string, string>>;
    readonly times?: readonly number[];
  } = {},
): Timeline {
  const { properties = {}, times = [], ...others } = fields;
  return {
    table: 't',
    latestVersion: times.length - 1,
    metadata: [{ from: 0, tableId, partitionColumns: [], properties, schema: () => aSchema() }],
    commits: times.map((time, version) => ({
      version,
      committedAt: time,
      fileTime: time,
      hasOwnTime: false,
    })),
    checkpoints: [],
    restores: [],
    spans: [],
    operation: async () => undefined,
    failures: new Map(),
    ...others,
  };
}

/** Every file of the timeline as it was written, but for some. */
export function storedOf(
  { spans }: Timeline,
  others: Readonly<Record<string, { sizeBytes?: number; modifiedAt?: number } | undefined>> = {},
): StoredFiles {
  const places = spans.flatMap(({ location, vector, file }) => [
    ...(location === undefined ? [] : [[location, file.sizeBytes] as const]),
    ...(vector === undefined ? [] : [[vector.location, vector.endsAt] as const]),
  ]);
  const stored = new Map(
    places.map(([place, sizeBytes]) => [
      place,
      { sizeBytes, modifiedAt: 0, ...others[place.replace('/t/', '')] },
    ]),
  );
  for (const [path, other] of Object.entries(others)) {
    if (other === undefined) stored.delete(`/t/${path}`);
  }
  return stored;
}

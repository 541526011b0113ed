import type { DeltaTable } from '../delta/delta-table.ts';
import { liveRows } from '../delta/file-stats.ts';
import { formatType } from '../delta/schema.ts';
import { summarize } from '../delta/snapshot-summary.ts';
import type { Moment } from '../delta/table-ref.ts';
import type { CallOptions } from './find-table.ts';
import type { ShowResult } from './result/show.ts';

/** Everything that the log says of a table at one version. */
export async function describeTable(
  table: DeltaTable,
  moment: Moment,
  options: CallOptions & { readonly withFiles: boolean },
): Promise<ShowResult> {
  const call = options.signal && { signal: options.signal };
  const [{ version, committedAt, operation }, latest] = await Promise.all([
    table.history.resolve(moment, call),
    table.history.resolve({ kind: 'latest' }, call),
  ]);
  const snapshot = await table.snapshots.at(version, call);
  const { digest, files, bytes, rows } = await summarize(snapshot, call);
  const fileList: ShowResult['fileList'] = [];
  if (options.withFiles) {
    for await (const batch of snapshot.files(call)) {
      for (const file of batch) {
        fileList.push({
          path: file.path,
          sizeBytes: file.sizeBytes,
          modifiedAt: new Date(file.modifiedAt).toISOString(),
          partitionValues: file.partitionValues,
          rows: liveRows(file) ?? null,
          deletedRows: file.deletionVector?.cardinality ?? 0,
        });
      }
    }
    fileList.sort((a, b) => (a.path < b.path ? -1 : 1));
  }
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: snapshot.tableId, location: table.location },
    name: snapshot.name ?? null,
    description: snapshot.description ?? null,
    version,
    isLatest: version === latest.version,
    committedAt: committedAt === undefined ? null : new Date(committedAt).toISOString(),
    operation: operation ?? null,
    digest,
    rows: rows ?? null,
    files,
    bytes,
    protocol: snapshot.protocol,
    partitionColumns: snapshot.partitionColumns,
    columns: snapshot.schema.fields.map(({ name, type, nullable, metadata }) => ({
      name,
      type: formatType(type),
      nullable,
      comment: typeof metadata['comment'] === 'string' ? metadata['comment'] : null,
    })),
    properties: snapshot.properties,
    fileList: options.withFiles ? fileList : null,
  };
}

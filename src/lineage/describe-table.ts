import { LineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { liveRows } from '../delta/file-stats.ts';
import { formatType } from '../delta/schema.ts';
import type { DataFile } from '../delta/snapshot.ts';
import { summarizeFacts } from '../delta/snapshot-summary.ts';
import type { Moment } from '../delta/table-ref.ts';
import { isSnapshot } from '../delta/version-facts.ts';
import type { CallOptions } from './find-table.ts';
import type { ShowResult } from './result/show.ts';

/** Everything that its engine tells of a table at one version. */
export async function describeTable(
  table: DeltaTable,
  moment: Moment,
  options: CallOptions & { readonly withFiles: boolean },
): Promise<ShowResult> {
  const call = options.signal && { signal: options.signal };
  const { version, isLatest, committedAt, operation } = await table.history.resolve(moment, call);
  const facts = await table.facts.at(version, call);
  const { digest, files, bytes, rows } = await summarizeFacts(facts, call);
  const fileList: ShowResult['fileList'] = [];
  if (options.withFiles) {
    const snapshot = isSnapshot(facts) ? facts : await table.snapshots.at(version, call);
    for await (const batch of snapshot.files(call)) {
      for (const file of batch) {
        fileList.push({
          path: file.path,
          sizeBytes: file.sizeBytes,
          modifiedAt: modifiedAt(table.name, file),
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
    table: { ref: table.name, id: facts.tableId, location: facts.location ?? table.location },
    name: facts.name ?? null,
    description: facts.description ?? null,
    version,
    isLatest,
    committedAt: committedAt === undefined ? null : new Date(committedAt).toISOString(),
    operation: operation ?? null,
    digest: digest ?? null,
    rows: rows ?? null,
    files: files ?? null,
    bytes: bytes ?? null,
    protocol: facts.protocol ?? null,
    partitionColumns: facts.partitionColumns ?? null,
    columns: facts.schema.fields.map(({ name, type, nullable, metadata }) => ({
      name,
      type: formatType(type, { chars: true }),
      nullable: nullable ?? null,
      comment: typeof metadata['comment'] === 'string' ? metadata['comment'] : null,
    })),
    properties: facts.properties ?? null,
    fileList: options.withFiles ? fileList : null,
  };
}

function modifiedAt(table: string, { path, modifiedAt: time }: DataFile): string {
  const moment = new Date(time);
  if (!Number.isNaN(moment.getTime())) return moment.toISOString();
  const problem = `the modificationTime ${time} of ${path} is no date, in milliseconds.`;
  throw new LineageError('LOG_DAMAGED', { table, file: '_delta_log', problem });
}

import { doubt } from './doubt.ts';
import { openParquet } from './parquet/footer.ts';
import { type Records, readRecords, rowsOf } from './parquet/records.ts';
import type { JsonObject } from './shapes.ts';

/** What a checkpoint says, spelt as in commits. */
export interface CheckpointActions {
  readonly protocols: readonly JsonObject[];
  readonly metadata: readonly JsonObject[];
  /** Most of it: read when the rest is known to be plain. */
  readAdds(): Records;
}

/** The first of each says whether the action is there. */
const actions = {
  add: {
    path: 'text',
    partitionValues: 'map',
    size: 'long',
    modificationTime: 'long',
    dataChange: 'boolean',
    stats: 'text',
    tags: 'map',
    deletionVector: {
      storageType: 'text',
      pathOrInlineDv: 'text',
      offset: 'int',
      sizeInBytes: 'int',
      cardinality: 'long',
    },
    baseRowId: 'long',
    defaultRowCommitVersion: 'long',
    clusteringProvider: 'text',
  },
  protocol: {
    minReaderVersion: 'int',
    minWriterVersion: 'int',
    readerFeatures: 'texts',
    writerFeatures: 'texts',
  },
  metaData: {
    id: 'text',
    name: 'text',
    description: 'text',
    format: { provider: 'text', options: 'map' },
    schemaString: 'text',
    partitionColumns: 'texts',
    createdTime: 'long',
    configuration: 'map',
  },
} as const;

/** Actions that tell nothing of files: a checkpoint has removed ones for VACUUM alone. */
const others = new Set(['remove', 'txn', 'domainMetadata']);

/** They point to files elsewhere, which the kernel finds. */
const pointers = {
  sidecar: { path: 'text', sizeInBytes: 'long', modificationTime: 'long', tags: 'map' },
  checkpointMetadata: { version: 'long', tags: 'map' },
} as const;

const rules = {
  /** Of others the kernel minds that they are missing, even where nothing would be in them. */
  missing: new Set([
    'baseRowId',
    'clusteringProvider',
    'createdTime',
    'defaultRowCommitVersion',
    'deletionVector',
    'description',
    'name',
    'offset',
    'readerFeatures',
    'stats',
    'tags',
    'writerFeatures',
  ]),
  /** They tell nothing more. */
  unread: new Set(['stats_parsed', 'partitionValues_parsed', 'maxRowIndex']),
};

/**
 * A checkpoint that is one Parquet file. Its reading comes to a doubt where anything in it is unusual.
 *
 * Source: Delta protocol, "Checkpoint Schema"; delta_kernel 0.30.1.
 */
export function openCheckpoint(bytes: Uint8Array): CheckpointActions {
  const file = openParquet(bytes);
  const fields = new Map(file.fields.map((field) => [field.name, field]));
  const read = (name: keyof typeof actions) =>
    readRecords(file, fields.get(name) ?? doubt(), actions[name], rules);
  for (const field of file.fields) {
    const { name } = field;
    if (Object.hasOwn(actions, name) || others.has(name)) continue;
    if (name !== 'sidecar' && name !== 'checkpointMetadata') doubt();
    if (readRecords(file, field, pointers[name], rules).size > 0) doubt();
  }
  const ofAdds = fields.get('add')?.fields.map(({ name }) => name) ?? [];
  if (ofAdds.includes('stats_parsed') && !ofAdds.includes('stats')) doubt();
  return {
    protocols: rowsOf(read('protocol')),
    metadata: rowsOf(read('metaData')),
    readAdds: () => read('add'),
  };
}

import type { DeltaField, DeltaType, PrimitiveName, StructType } from '../../src/delta/schema.ts';
import type { DataFile, DeletionVector, Snapshot } from '../../src/delta/snapshot.ts';
import type { Pin } from '../../src/lineage/pin.ts';
import type { Link, TraceResult } from '../../src/lineage/result/trace.ts';
import type { Stamp, StampedTable } from '../../src/lineage/stamp.ts';
import type { ModelVersion } from '../../src/registry/model.ts';
import type { Run, RunInput } from '../../src/registry/run.ts';

// Values with defaults: a test gives only what it is about.

export const tableId = '5fba94ed-0000-4000-8000-000000000001';

export function aFile(fields: Partial<DataFile> = {}): DataFile {
  const path = fields.path ?? 'part-0.parquet';
  return {
    path,
    location: `/tables/t/${path}`,
    sizeBytes: 1000,
    modifiedAt: 1_700_000_000_000,
    partitionValues: {},
    stats: '{"numRecords":10}',
    ...fields,
  };
}

export function aVector(fields: Partial<DeletionVector> = {}): DeletionVector {
  return {
    storageType: 'u',
    pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
    offset: 1,
    sizeInBytes: 36,
    cardinality: 2,
    ...fields,
  };
}

export function aField(name: string, type: PrimitiveName | DeltaType = 'string'): DeltaField {
  return {
    name,
    type: typeof type === 'string' ? { kind: 'primitive', name: type } : type,
    nullable: true,
    metadata: {},
  };
}

export function aSchema(...fields: readonly DeltaField[]): StructType {
  return { kind: 'struct', fields: fields.length > 0 ? fields : [aField('id', 'long')] };
}

/** Of files that are there from the start: in one batch, or in the batches given. */
export function aSnapshot(
  fields: Partial<Omit<Snapshot, 'files'>> & {
    readonly files?: readonly DataFile[];
    readonly batches?: readonly (readonly DataFile[])[];
  } = {},
): Snapshot {
  const { files = [aFile()], batches = [files], ...facts } = fields;
  return {
    version: 0,
    tableId,
    protocol: { minReaderVersion: 1, minWriterVersion: 2, readerFeatures: [], writerFeatures: [] },
    schema: aSchema(),
    partitionColumns: [],
    properties: {},
    deletedRows: async () => new Float64Array(),
    ...facts,
    async *files(options) {
      for (const batch of batches) {
        options?.signal?.throwIfAborted();
        yield batch;
      }
    },
  };
}

export function aRun(fields: Partial<Run> = {}): Run {
  return {
    id: '0123456789abcdef0123456789abcdef',
    experimentId: '0',
    status: 'FINISHED',
    startedAt: Date.parse('2026-03-02T00:00:00Z'),
    params: {},
    tags: {},
    metrics: {},
    inputs: [],
    isDeleted: false,
    ...fields,
  };
}

/** A dataset input as MLflow's `DeltaDatasetSource` writes it. */
export function aDeltaInput(
  source: Readonly<Record<string, unknown>>,
  fields: Partial<RunInput> = {},
): RunInput {
  return {
    name: 'dataset',
    digest: '1a2b3c4d',
    sourceType: 'delta_table',
    source: JSON.stringify(source),
    context: 'training',
    ...fields,
  };
}

export function aModelVersion(fields: Partial<ModelVersion> = {}): ModelVersion {
  return {
    name: 'churn_model',
    version: 3,
    runId: aRun().id,
    aliases: [],
    tags: {},
    ...fields,
  };
}

export function aPin(fields: Partial<Pin> = {}): Pin {
  return {
    alias: 'features',
    ref: 'analytics.features',
    location: '/tables/features',
    tableId,
    version: 47,
    committedAt: Date.parse('2026-03-01T04:10:00Z'),
    digest: 'snapshot-v1:00ff',
    rows: 10,
    ...fields,
  };
}

export function aStampedTable(fields: Partial<StampedTable> = {}): StampedTable {
  return {
    alias: 'features',
    ref: 'analytics.features',
    location: '/tables/features',
    id: tableId,
    version: 47,
    committedAt: '2026-03-01T04:10:00.000Z',
    digest: 'snapshot-v1:00ff',
    rows: 10,
    ...fields,
  };
}

export function aStamp(fields: Partial<Stamp> = {}): Stamp {
  return {
    v: 1,
    at: '2026-03-02T00:00:01.000Z',
    asof: '0.1.0',
    tables: [aStampedTable()],
    ...fields,
  };
}

export function aLink(fields: Partial<Link> = {}): Link {
  return {
    alias: 'features',
    table: { ref: 'analytics.features', id: tableId, location: '/tables/features' },
    version: 47,
    committedAt: '2026-03-01T04:10:00.000Z',
    operation: 'MERGE',
    certainty: 'stamped',
    confidence: 1,
    why: 'asof stamped it, and read it back',
    evidence: [{ kind: 'stamp', where: 'tag asof.stamp', version: 47 }],
    conflicts: [],
    candidates: [],
    state: 'readable',
    stateReason: null,
    until: null,
    hold: null,
    digest: 'snapshot-v1:00ff',
    rows: 10,
    read: null,
    ...fields,
  };
}

export function aTrace(fields: Partial<TraceResult> = {}): TraceResult {
  return {
    schemaVersion: 1,
    model: {
      name: 'churn_model',
      version: 3,
      stages: ['Production'],
      aliases: [],
      runId: aRun().id,
      loggedModelId: null,
    },
    run: null,
    code: null,
    links: [aLink()],
    warnings: [],
    ...fields,
  };
}

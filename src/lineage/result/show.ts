import { z } from 'zod';
import { instant, schemaVersion } from './parts.ts';

const file = z.strictObject({
  path: z.string(),
  sizeBytes: z.int(),
  modifiedAt: instant,
  partitionValues: z.record(z.string(), z.string().nullable()),
  /** Rows that can be read; null where the log does not say. */
  rows: z.int().nullable(),
  /** Rows that a deletion vector takes away. */
  deletedRows: z.int(),
});

/** A table at one version. */
export const showResult = z.strictObject({
  schemaVersion,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  name: z.string().nullable(),
  description: z.string().nullable(),
  version: z.int(),
  isLatest: z.boolean(),
  committedAt: instant.nullable(),
  operation: z.string().nullable(),
  /** The snapshot digest; null where a warehouse alone knows the table. Of its older versions that tells less than of the latest. */
  digest: z.string().nullable(),
  rows: z.int().nullable(),
  files: z.int().nullable(),
  bytes: z.int().nullable(),
  protocol: z
    .strictObject({
      minReaderVersion: z.int(),
      minWriterVersion: z.int(),
      readerFeatures: z.array(z.string()).readonly(),
      writerFeatures: z.array(z.string()).readonly(),
    })
    .nullable(),
  partitionColumns: z.array(z.string()).readonly().nullable(),
  columns: z.array(
    z.strictObject({
      name: z.string(),
      /** As SQL writes it. */
      type: z.string(),
      /** null where the engine does not tell. */
      nullable: z.boolean().nullable(),
      comment: z.string().nullable(),
    }),
  ),
  properties: z.record(z.string(), z.string()).nullable(),
  /** Only when the files were asked for. */
  fileList: z.array(file).nullable(),
});

export type ShowResult = z.infer<typeof showResult>;

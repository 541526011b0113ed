import { z } from 'zod';
import type { Protocol } from '../snapshot.ts';
import { bigint, timestamp } from './wire-history.ts';

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);
const texts = z.array(z.string());

/** The row of DESCRIBE DETAIL, which is about the latest version. On what is no Delta table most of it is null. */
export const wireDetail = z
  .object({
    format: optional(z.string()),
    id: optional(z.string()),
    description: optional(z.string()),
    location: optional(z.string()),
    createdAt: optional(timestamp),
    partitionColumns: optional(texts),
    numFiles: optional(bigint),
    sizeInBytes: optional(bigint),
    properties: optional(z.record(z.string(), z.string())),
    minReaderVersion: optional(z.int()),
    minWriterVersion: optional(z.int()),
    tableFeatures: optional(texts),
  })
  .transform(({ minReaderVersion, minWriterVersion, tableFeatures, ...detail }) => ({
    ...detail,
    protocol: protocolOf(minReaderVersion, minWriterVersion, tableFeatures ?? []),
  }));

export type Detail = z.output<typeof wireDetail>;

/** Source: Delta protocol, "Valid Feature Names in Table Features": those that a reader has to know too. */
const readerFeatures: readonly string[] = [
  'catalogManaged',
  'catalogOwned-preview',
  'columnMapping',
  'deletionVectors',
  'timestampNtz',
  'typeWidening',
  'typeWidening-preview',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  'variantShredding',
  'variantShredding-preview',
  'variantType',
  'variantType-preview',
];

/** DETAIL lists the features of readers and writers together, and those that older versions imply. */
function protocolOf(
  minReaderVersion: number | undefined,
  minWriterVersion: number | undefined,
  features: readonly string[],
): Protocol | undefined {
  if (minReaderVersion === undefined || minWriterVersion === undefined) return;
  return {
    minReaderVersion,
    minWriterVersion,
    readerFeatures:
      minReaderVersion < 3 ? [] : features.filter((name) => readerFeatures.includes(name)),
    writerFeatures: minWriterVersion < 7 ? [] : features,
  };
}

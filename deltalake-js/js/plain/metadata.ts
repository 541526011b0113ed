import type { WireMetadata, WireProtocol } from '../description.ts';
import { plainColumns } from './schema.ts';
import {
  isAbsent,
  isCount,
  isMap,
  isObject,
  isSet,
  isSpelt,
  isText,
  type JsonObject,
  orAbsent,
  parse,
} from './shapes.ts';
import { mayHaveHalfPairs } from './texts.ts';

/** Features that change nothing in what a log of commits says. */
const readerFeatures = new Set(['deletionVectors', 'v2Checkpoint', 'vacuumProtocolCheck']);
const writerFeatures = new Set([
  'allowColumnDefaults',
  'appendOnly',
  'changeDataFeed',
  'checkConstraints',
  'checkpointProtection',
  'clustering',
  'domainMetadata',
  'generatedColumns',
  'identityColumns',
  'inCommitTimestamp',
  'invariants',
  'rowTracking',
]);

export function isPlainProtocol(protocol: JsonObject): protocol is JsonObject & WireProtocol {
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol;
  const forReaders = protocol['readerFeatures'];
  const forWriters = protocol['writerFeatures'];
  if (reader !== 3 && (reader !== 1 || !isAbsent(forReaders))) return false;
  if (writer !== 7) return reader === 1 && isCount(writer) && isLegacy(writer, forWriters);
  if (!isSet(forWriters)) return false;
  const shared = forWriters.filter((feature) => readerFeatures.has(feature));
  const own = forWriters.filter((feature) => writerFeatures.has(feature));
  if (shared.length + own.length < forWriters.length) return false;
  if (reader === 1) return shared.length === 0;
  return (
    isSet(forReaders) &&
    forReaders.length === shared.length &&
    forReaders.every((feature) => shared.includes(feature))
  );
}

function isLegacy(writer: number, features: unknown): boolean {
  return writer >= 1 && writer < 7 && isAbsent(features);
}

/** Properties that the kernel looks into. */
const meaningful = /columnMapping|rowTrackingSuspended|iceberg|universal|catalog|coordinated/i;

export function isPlainMetadata(metadata: JsonObject): metadata is JsonObject & WireMetadata {
  const { id, name, description, format, schemaString, configuration, createdTime } = metadata;
  const { partitionColumns } = metadata;
  if (!isText(id) || !orAbsent(name, isText) || !orAbsent(description, isText)) return false;
  if (!orAbsent(createdTime, isCount) || !isMap(configuration, isText)) return false;
  if (Object.keys(configuration).some((property) => meaningful.test(property))) return false;
  if (!isObject(format) || format['provider'] !== 'parquet') return false;
  if (!isMap(format['options'], isText)) return false;
  if (!isText(schemaString) || !isSet(partitionColumns)) return false;
  if (mayHaveHalfPairs(schemaString)) return false;
  const schema = parse(schemaString);
  const columns = isSpelt(schema, schemaString) && plainColumns(schema);
  if (!columns || columns.size === 0) return false;
  return partitionColumns.every((column) => columns.get(column) === 'primitive');
}

import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import { type DeltaField, type DeltaType, primitiveNames, type StructType } from '../schema.ts';
import { withCharLengths } from './char-types.ts';

const wireType: z.ZodType<DeltaType> = z.lazy(() =>
  z.union([
    z.enum(primitiveNames).transform((name): DeltaType => ({ kind: 'primitive', name })),
    // The name of void in older Spark.
    z.literal('null').transform((): DeltaType => ({ kind: 'primitive', name: 'void' })),
    decimal,
    wireStruct,
    z
      .object({ type: z.literal('array'), elementType: wireType })
      .transform(({ elementType }): DeltaType => ({ kind: 'array', element: elementType })),
    z
      .object({ type: z.literal('map'), keyType: wireType, valueType: wireType })
      .transform(
        ({ keyType, valueType }): DeltaType => ({ kind: 'map', key: keyType, value: valueType }),
      ),
  ]),
);

const decimal = z
  .string()
  .regex(/^decimal(\(\s*\d+\s*,\s*-?\d+\s*\))?$/)
  .transform((text): DeltaType => {
    const [precision = 10, scale = 0] = (text.match(/-?\d+/g) ?? []).map(Number);
    return { kind: 'decimal', precision, scale };
  });

const wireField = z
  .object({
    name: z.string(),
    type: wireType,
    nullable: z.boolean().default(true),
    metadata: z.record(z.string(), z.unknown()).default({}),
  })
  .transform((field): DeltaField => field);

const wireStruct = z
  .object({ type: z.literal('struct'), fields: z.array(wireField) })
  .transform(({ fields }): StructType => ({ kind: 'struct', fields }));

/**
 * Reads `metaData.schemaString`. Source: Delta protocol, "Schema Serialization Format".
 *
 * @throws LineageError FEATURE_UNSUPPORTED for a type that asof does not know, or a CHAR that Spark does not know any more; LOG_DAMAGED when it is no schema at all
 */
export function parseSchema(table: string, schemaString: string): StructType {
  let json: unknown;
  try {
    json = JSON.parse(schemaString);
  } catch (cause) {
    throw damaged(table, 'its schema is not JSON.', cause);
  }
  const result = wireStruct.safeParse(json);
  if (result.success) {
    const { fields, ...struct } = result.data;
    return { ...struct, fields: fields.map((field) => withCharLengths(table, field)) };
  }
  const unknown = [...unknownTypes(json)];
  if (unknown.length > 0)
    throw new LineageError('FEATURE_UNSUPPORTED', { table, features: unknown });
  throw damaged(table, 'its schema is not one of Delta.', result.error);
}

function damaged(table: string, problem: string, cause: unknown) {
  return new LineageError('LOG_DAMAGED', { table, file: 'metaData', problem }, { cause });
}

/** Names of primitive types in a schema that are none of ours. */
function* unknownTypes(json: unknown): Generator<string> {
  if (typeof json === 'string') {
    const isKnown =
      json === 'null' ||
      primitiveNames.some((name) => name === json) ||
      decimal.safeParse(json).success;
    if (!isKnown) yield `the type ${json}`;
  } else if (typeof json === 'object' && json !== null) {
    for (const key of ['type', 'elementType', 'keyType', 'valueType'] as const) {
      const inner: unknown = Object.getOwnPropertyDescriptor(json, key)?.value;
      const isShape = key === 'type' && ['struct', 'array', 'map'].includes(String(inner));
      if (inner !== undefined && !isShape) yield* unknownTypes(inner);
    }
    if ('fields' in json && Array.isArray(json.fields)) {
      for (const field of json.fields) yield* unknownTypes(field);
    }
  }
}

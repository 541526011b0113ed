import { isBoolean, isObject, isText } from './shapes.ts';

type Column = 'primitive' | 'nested';

const primitives = new Set([
  'binary',
  'boolean',
  'byte',
  'date',
  'double',
  'float',
  'integer',
  'long',
  'short',
  'string',
  'timestamp',
]);

/** Metadata of a column that says nothing of how it is read. */
const notes: Readonly<Record<string, (value: unknown) => boolean>> = {
  comment: isText,
  __CHAR_VARCHAR_TYPE_STRING: isText,
  CURRENT_DEFAULT: isText,
  'delta.generationExpression': isText,
  'delta.identity.allowExplicitInsert': isBoolean,
  'delta.identity.highWaterMark': Number.isSafeInteger,
  'delta.identity.start': Number.isSafeInteger,
  'delta.identity.step': Number.isSafeInteger,
};

const deepest = 20;

/** The columns of a struct by name; undefined where anything in it is unusual. */
export function plainColumns(struct: unknown, depth = 0): Map<string, Column> | undefined {
  if (!isObject(struct) || struct['type'] !== 'struct' || depth > deepest) return undefined;
  const { fields } = struct;
  if (!Array.isArray(fields)) return undefined;
  const columns = new Map<string, Column>();
  const names = new Set<string>();
  for (const field of fields) {
    if (!isObject(field)) return undefined;
    const { name, type, nullable, metadata } = field;
    if (!isText(name) || !isBoolean(nullable) || !isObject(metadata)) return undefined;
    for (const key in metadata) {
      if (!Object.hasOwn(notes, key) || !notes[key]?.(metadata[key])) return undefined;
    }
    const column = plainType(type, depth + 1);
    if (!column) return undefined;
    columns.set(name, column);
    names.add(name.toLowerCase());
  }
  return names.size === fields.length ? columns : undefined;
}

function plainType(type: unknown, depth: number): Column | undefined {
  if (depth > deepest) return undefined;
  if (isText(type)) return primitives.has(type) || isDecimal(type) ? 'primitive' : undefined;
  if (!isObject(type)) return undefined;
  switch (type['type']) {
    case 'struct':
      return plainColumns(type, depth) && 'nested';
    case 'array':
      if (!isBoolean(type['containsNull'])) return undefined;
      return plainType(type['elementType'], depth + 1) && 'nested';
    case 'map':
      if (!isBoolean(type['valueContainsNull'])) return undefined;
      if (!plainType(type['keyType'], depth + 1)) return undefined;
      return plainType(type['valueType'], depth + 1) && 'nested';
    default:
      return undefined;
  }
}

function isDecimal(type: string): boolean {
  const [, precision, scale] = /^decimal\((\d{1,2}),(\d{1,2})\)$/.exec(type) ?? [];
  if (precision === undefined || scale === undefined) return false;
  return +precision >= 1 && +precision <= 38 && +scale <= +precision;
}

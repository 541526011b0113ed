/** The type of a column, as Delta's schema describes it. Source: Delta protocol, "Schema Serialization Format". */
export type DeltaType =
  | PrimitiveType
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'array'; readonly element: DeltaType }
  | { readonly kind: 'map'; readonly key: DeltaType; readonly value: DeltaType }
  | StructType;

export interface PrimitiveType {
  readonly kind: 'primitive';
  readonly name: PrimitiveName;
  /** Of a string that was declared as CHAR: Spark fills up each value with spaces to this many characters when it reads. */
  readonly charLength?: number;
}

export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly DeltaField[];
}

export interface DeltaField {
  readonly name: string;
  readonly type: DeltaType;
  /** Absent where the engine does not tell. */
  readonly nullable?: boolean;
  /** Column mapping, generation expressions, comments: what the writer keeps with the field. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const primitiveNames = [
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'variant',
  'void',
] as const;
export type PrimitiveName = (typeof primitiveNames)[number];

/** Whether a type is, or holds, a primitive of some name. */
export function holds(type: DeltaType, name: PrimitiveName): boolean {
  return holdsSome(type, (primitive) => primitive.name === name);
}

/** Whether a type is, or holds, a primitive that passes a test. */
export function holdsSome(type: DeltaType, test: (primitive: PrimitiveType) => boolean): boolean {
  switch (type.kind) {
    case 'primitive':
      return test(type);
    case 'decimal':
      return false;
    case 'array':
      return holdsSome(type.element, test);
    case 'map':
      return holdsSome(type.key, test) || holdsSome(type.value, test);
    case 'struct':
      return type.fields.some((field) => holdsSome(field.type, test));
  }
}

/** The fields of every struct in a type, at any depth. */
export function fieldsIn(type: DeltaType): readonly DeltaField[] {
  switch (type.kind) {
    case 'primitive':
    case 'decimal':
      return [];
    case 'array':
      return fieldsIn(type.element);
    case 'map':
      return [...fieldsIn(type.key), ...fieldsIn(type.value)];
    case 'struct':
      return type.fields.flatMap((field) => [field, ...fieldsIn(field.type)]);
  }
}

/**
 * The type as SQL writes it: `bigint`, `array<struct<a: int>>`.
 *
 * @param options.chars whether to tell of CHAR, which only a log does; else it is the string that Delta has it for
 */
export function formatType(type: DeltaType, options: { readonly chars?: boolean } = {}): string {
  const format = (inner: DeltaType) => formatType(inner, options);
  switch (type.kind) {
    case 'primitive':
      if (options.chars === true && type.charLength !== undefined)
        return `char(${type.charLength})`;
      return sqlNames[type.name] ?? type.name;
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return `array<${format(type.element)}>`;
    case 'map':
      return `map<${format(type.key)}, ${format(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map(({ name, type: inner }) => `${name}: ${format(inner)}`).join(', ')}>`;
  }
}

const sqlNames: Partial<Record<PrimitiveName, string>> = {
  long: 'bigint',
  integer: 'int',
  short: 'smallint',
  byte: 'tinyint',
};

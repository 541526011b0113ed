/** The type of a column, as Delta's schema describes it. Source: Delta protocol, "Schema Serialization Format". */
export type DeltaType =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'array'; readonly element: DeltaType }
  | { readonly kind: 'map'; readonly key: DeltaType; readonly value: DeltaType }
  | StructType;

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
  switch (type.kind) {
    case 'primitive':
      return type.name === name;
    case 'decimal':
      return false;
    case 'array':
      return holds(type.element, name);
    case 'map':
      return holds(type.key, name) || holds(type.value, name);
    case 'struct':
      return type.fields.some((field) => holds(field.type, name));
  }
}

/** The type as SQL writes it: `bigint`, `array<struct<a: int>>`. */
export function formatType(type: DeltaType): string {
  switch (type.kind) {
    case 'primitive':
      return sqlNames[type.name] ?? type.name;
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return `array<${formatType(type.element)}>`;
    case 'map':
      return `map<${formatType(type.key)}, ${formatType(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map(({ name, type: inner }) => `${name}: ${formatType(inner)}`).join(', ')}>`;
  }
}

const sqlNames: Partial<Record<PrimitiveName, string>> = {
  long: 'bigint',
  integer: 'int',
  short: 'smallint',
  byte: 'tinyint',
};

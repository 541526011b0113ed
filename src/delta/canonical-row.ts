import type { DeltaField, DeltaType, PrimitiveName } from './schema.ts';

// The text of a row that its digest is made of, as SQL of both engines, side by side so that they stay the same:
//
//     row        the columns in the schema's order, `|` between them
//     null       ~                           also of the type void
//     integers   12    decimal  1.50         with all digits of the scale
//     float      as double; double: its 64 bits as a signed integer; one NaN, and -0.0 is 0.0
//     boolean    t or f
//     string     5:hello                     length in bytes of UTF-8
//     binary     xCAFE
//     date       days since 1970             timestamps: microseconds since 1970, without a zone in that of UTC
//     array      [a,b]    struct  (a,b)      map  {k=v,k=v}, ordered by those texts
//     variant    v2:{}                       its JSON as Spark writes it
//
// No value can be taken for another: each begins so that its end is known. A session's time zone plays no part.

export interface Dialect {
  /** A name, quoted. */
  name(name: string): string;
  /** Text that is null when one of its parts is. */
  joined(...parts: readonly string[]): string;
  literal(text: string): string;
  text(value: string): string;
  byteLength(text: string): string;
  decimal(value: string, type: { readonly precision: number; readonly scale: number }): string;
  doubleBits(value: string): string;
  toDouble(float: string): string;
  days(date: string): string;
  micros(timestamp: string): string;
  localMicros(timestamp: string): string;
  member(struct: string, name: string): string;
  /** The items of a list, each through a function of its name, with commas between. */
  items(list: string, variable: string, each: (item: string) => string): string;
  /** The same of a map's entries, ordered. */
  entries(map: string, variable: string, each: (key: string, value: string) => string): string;
  /** Absent where the engine does not read the type truly. */
  readonly variantJson?: (value: string) => string;
  readonly nullText: string;
  /**
   * Gives `n`, `hi` and `lo` as text, from a source with the row's text in `asof_row`.
   *
   * @param group a column of the source: the sums are of each of its values, which comes first
   */
  sums(source: string, group?: string): string;
}

/** The text of a row of these columns; each is read as `column` says. */
export function canonicalRow(
  fields: readonly DeltaField[],
  dialect: Dialect,
  column: (field: DeltaField) => string = ({ name }) => dialect.name(name),
): string {
  if (fields.length === 0) return dialect.literal('');
  const parts = fields.map((field) => orNull(field.type, column(field), dialect, 0));
  return dialect.joined(...between(parts, dialect.literal('|')));
}

/**
 * The sums that `rowDigest` is made of, over the rows of a source.
 *
 * @param group a column of the source that is none of the fields, quoted
 */
export function canonicalSums(
  fields: readonly DeltaField[],
  source: string,
  dialect: Dialect,
  group?: string,
): string {
  const columns = group === undefined ? '' : `${group}, `;
  return dialect.sums(
    `SELECT ${columns}${canonicalRow(fields, dialect)} AS asof_row FROM (${source}) asof_source`,
    group,
  );
}

function orNull(type: DeltaType, value: string, dialect: Dialect, depth: number): string {
  return `coalesce(${canonical(type, value, dialect, depth)}, ${dialect.literal('~')})`;
}

function canonical(type: DeltaType, value: string, dialect: Dialect, depth: number): string {
  const { joined, literal } = dialect;
  const variable = `asof_x${depth}`;
  const inner = (innerType: DeltaType, name: string) => orNull(innerType, name, dialect, depth + 1);
  switch (type.kind) {
    case 'primitive':
      return primitive(type.name, value, dialect);
    case 'decimal':
      return dialect.decimal(value, type);
    case 'array': {
      const items = dialect.items(value, variable, (item) => inner(type.element, item));
      return joined(literal('['), items, literal(']'));
    }
    case 'map': {
      const entries = dialect.entries(value, variable, (key, item) =>
        joined(inner(type.key, key), literal('='), inner(type.value, item)),
      );
      return joined(literal('{'), entries, literal('}'));
    }
    case 'struct': {
      const members = type.fields.map((field) =>
        inner(field.type, dialect.member(value, field.name)),
      );
      const text = joined(literal('('), ...between(members, literal(',')), literal(')'));
      return `CASE WHEN ${value} IS NOT NULL THEN ${text} END`;
    }
  }
}

function primitive(name: PrimitiveName, value: string, dialect: Dialect): string {
  const { joined, literal, text } = dialect;
  switch (name) {
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return text(value);
    case 'boolean':
      return `CASE WHEN ${value} THEN ${literal('t')} WHEN NOT ${value} THEN ${literal('f')} END`;
    case 'float':
      return dialect.doubleBits(dialect.toDouble(value));
    case 'double':
      return dialect.doubleBits(value);
    case 'string':
      return joined(text(dialect.byteLength(value)), literal(':'), value);
    case 'binary':
      return joined(literal('x'), `hex(${value})`);
    case 'date':
      return text(dialect.days(value));
    case 'timestamp':
      return text(dialect.micros(value));
    case 'timestamp_ntz':
      return text(dialect.localMicros(value));
    case 'void':
      return dialect.nullText;
    case 'variant': {
      const json = dialect.variantJson?.(value);
      if (json === undefined) throw new TypeError('the engine refuses variants before');
      return joined(literal('v'), text(dialect.byteLength(json)), literal(':'), json);
    }
  }
}

function between(parts: readonly string[], separator: string): readonly string[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]));
}

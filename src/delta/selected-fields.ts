import { closest } from '../base/closest.ts';
import { LineageError } from '../base/errors.ts';
import type { Selection } from './read-spec.ts';
import { type DeltaField, fieldsIn, formatType, holds, type StructType } from './schema.ts';

/**
 * The columns as the schema has them, each once; Delta finds them in any letter case.
 *
 * @throws LineageError COLUMN_UNKNOWN; FEATURE_UNSUPPORTED of a table that has none, or one whose name is empty or holds NUL: no SQL of DuckDB can ask for it
 */
export function selectedFields(
  table: string,
  schema: StructType,
  { columns }: Selection,
): readonly DeltaField[] {
  const names = schema.fields.map(({ name }) => name);
  if (names.length === 0) {
    throw new LineageError('FEATURE_UNSUPPORTED', { table, features: ['rows without columns'] });
  }
  if (fieldsIn(schema).some(({ name }) => name === '' || name.includes('\0'))) {
    const features = ['a column whose name is empty or holds NUL'];
    throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
  }
  if (columns?.length === 0) throw new TypeError('one column at least is selected');
  const found = (columns ?? names).map((column) => {
    const field =
      schema.fields.find(({ name }) => name === column) ??
      schema.fields.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (field === undefined) {
      throw new LineageError('COLUMN_UNKNOWN', { table, column, closest: closest(column, names) });
    }
    return field;
  });
  return [...new Set(found)];
}

/** @throws LineageError FEATURE_UNSUPPORTED */
export function refuseVariants(table: string, fields: readonly DeltaField[]): void {
  const unreadable = fields.filter(({ type }) => holds(type, 'variant'));
  if (unreadable.length === 0) return;
  const features = unreadable.map(({ name, type }) => `${formatType(type)} (column ${name})`);
  throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
}

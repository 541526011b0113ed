import type { DuckDBType } from '@duckdb/node-api';
import { type DeltaField, type DeltaType, formatType } from '../schema.ts';

/**
 * What keeps values as a file has them from becoming the table's without change: `a is DOUBLE, not int`; undefined for nothing. DuckDB
 * would cast whatever it can: 1.5 to the integer 2. Narrower integers and decimals are no misfit: what they can't hold is an error.
 *
 * Source: Delta protocol, "Type Widening": files keep the type that the column had when they were written.
 */
export function misfit(
  { name, type }: DeltaField,
  stored: DuckDBType,
  physical: (field: DeltaField) => string,
): string | undefined {
  return misfitIn(type, stored, name, physical);
}

function misfitIn(
  type: DeltaType,
  stored: DuckDBType,
  path: string,
  physical: (field: DeltaField) => string,
): string | undefined {
  const otherShape = `${path} is ${stored}, not ${formatType(type)}`;
  switch (type.kind) {
    case 'array': {
      const inside = itemOf(stored);
      return inside === undefined
        ? otherShape
        : misfitIn(type.element, inside, `${path}.element`, physical);
    }
    case 'map': {
      if (!('keyType' in stored)) return otherShape;
      return (
        misfitIn(type.key, stored.keyType, `${path}.key`, physical) ??
        misfitIn(type.value, stored.valueType, `${path}.value`, physical)
      );
    }
    case 'struct': {
      if (!('entryNames' in stored)) return otherShape;
      for (const field of type.fields) {
        const inside = entryOf(stored, physical(field));
        const found = inside && misfitIn(field.type, inside, `${path}.${field.name}`, physical);
        if (found !== undefined) return found;
      }
      return;
    }
    default:
      return becomes(type, stored) ? undefined : otherShape;
  }
}

/** What a list holds. */
export function itemOf(stored: DuckDBType): DuckDBType | undefined {
  return 'valueType' in stored && !('keyType' in stored) ? stored.valueType : undefined;
}

/** A member of a struct by its name, in any letter case as Spark and DuckDB find it. */
export function entryOf(stored: DuckDBType, name: string): DuckDBType | undefined {
  if (!('entryNames' in stored)) return;
  const wanted = name.toLowerCase();
  const index = stored.entryNames.findIndex((entry) => entry.toLowerCase() === wanted);
  return stored.entryTypes[index];
}

const integers = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER'];

function becomes(type: DeltaType, stored: DuckDBType): boolean {
  const text = String(stored);
  if (type.kind === 'decimal') {
    if (integers.includes(text)) return true;
    return 'scale' in stored && stored.scale <= type.scale;
  }
  if (type.kind !== 'primitive') return false;
  switch (type.name) {
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return integers.includes(text);
    case 'double':
      return ['DOUBLE', 'FLOAT', 'TINYINT', 'SMALLINT', 'INTEGER'].includes(text);
    case 'float':
      return text === 'FLOAT';
    case 'string':
      return text === 'VARCHAR' || text === 'JSON' || text.startsWith('ENUM');
    case 'binary':
      return text === 'BLOB';
    case 'boolean':
      return text === 'BOOLEAN';
    case 'date':
      return text === 'DATE';
    case 'timestamp':
      return text === 'TIMESTAMP WITH TIME ZONE' || text === 'TIMESTAMP';
    case 'timestamp_ntz':
      return text === 'TIMESTAMP' || text === 'DATE';
    case 'variant':
      return ['value', 'metadata'].every((name) => String(entryOf(stored, name)) === 'BLOB');
    case 'void':
      return true;
  }
}

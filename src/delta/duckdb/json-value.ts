import type { DeltaType } from '../schema.ts';
import { listOf, mapOf, structOf } from './nested-sql.ts';
import { quoteText } from './quote.ts';

/**
 * SQL for a value as NDJSON takes it. DuckDB 1.5 writes NaN, Infinity and .5 there, which JSON does not have: the first two become texts
 * as Spark's `to_json` has them, the last gets its 0.
 */
export function jsonValue(type: DeltaType, value: string, depth = 0): string {
  const item = `j${depth}`;
  switch (type.kind) {
    case 'primitive':
      return type.name === 'double' || type.name === 'float' ? jsonNumber(value) : value;
    case 'decimal': {
      const { precision, scale } = type;
      const isWithoutZero = precision === scale && precision < 38;
      return isWithoutZero ? `CAST(${value} AS DECIMAL(${precision + 1},${scale}))` : value;
    }
    case 'array': {
      const element = jsonValue(type.element, item, depth + 1);
      return element === item ? value : listOf(value, item, element);
    }
    case 'map': {
      const inner = jsonValue(type.value, `${item}.value`, depth + 1);
      return inner === `${item}.value` ? value : mapOf(value, item, `${item}.key`, inner);
    }
    case 'struct': {
      const members = type.fields.map(({ name, type: inside }) => {
        const stored = `struct_extract(${value}, ${quoteText(name)})`;
        return { name, stored, sql: jsonValue(inside, stored, depth) };
      });
      return members.every(({ stored, sql }) => stored === sql) ? value : structOf(value, members);
    }
  }
}

function jsonNumber(value: string): string {
  const text = `CASE WHEN isnan(${value}) THEN 'NaN' WHEN ${value} > 0 THEN 'Infinity' ELSE '-Infinity' END`;
  return `CASE WHEN isfinite(${value}) THEN to_json(${value}) WHEN ${value} IS NOT NULL THEN to_json(${text}) END`;
}

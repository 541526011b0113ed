import type { DeltaField, DeltaType } from '../schema.ts';
import { quoteText } from './quote.ts';

/** For `read_parquet`: the columns with dates or times in them, and where one of those is so old that the calendars differ. */
export interface DatedColumns {
  readonly source: string;
  readonly isOld: string;
}

/** SQL that is true where a value is, or holds, such a date or time; undefined for a type that never does. */
export function isOld(
  type: DeltaType,
  value: string,
  physical: (field: DeltaField) => string,
  depth = 0,
): string | undefined {
  const item = `x${depth}`;
  const inside = (list: string, condition: string | undefined) =>
    condition && `len(list_filter(${list}, lambda ${item}: coalesce(${condition}, false))) > 0`;
  switch (type.kind) {
    case 'primitive':
      return earliest[type.name] && `${value} < ${earliest[type.name]}`;
    case 'decimal':
      return;
    case 'array':
      return inside(value, isOld(type.element, item, physical, depth + 1));
    case 'map': {
      const parts = [
        isOld(type.key, `${item}.key`, physical, depth + 1),
        isOld(type.value, `${item}.value`, physical, depth + 1),
      ];
      return inside(`map_entries(${value})`, anyOf(parts));
    }
    case 'struct':
      return anyOf(
        type.fields.map((field) =>
          isOld(
            field.type,
            `struct_extract(${value}, ${quoteText(physical(field))})`,
            physical,
            depth,
          ),
        ),
      );
  }
}

/** Values from these on are the same in both calendars, whatever the time zone. A widened date is read as a time without zone. */
const earliest: Readonly<Record<string, string>> = {
  date: "DATE '1582-10-15'",
  timestamp: "TIMESTAMPTZ '1900-01-01 00:00:00+00'",
  timestamp_ntz: "TIMESTAMP '1582-10-15 00:00:00'",
};

/** Undefined for no condition. */
export function anyOf(conditions: readonly (string | undefined)[]): string | undefined {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length === 0
    ? undefined
    : given.map((condition) => `coalesce(${condition}, false)`).join(' OR ');
}

import { quoteText } from './quote.ts';

// SQL that makes a nested value anew of its parts; a null stays one.

/** @param item the element's name in its own SQL; one list in another needs two */
export function listOf(list: string, item: string, element: string): string {
  return `list_transform(${list}, lambda ${item}: ${element})`;
}

/** @param item the entry's name in the SQL of its key and value, which are its `key` and `value` */
export function mapOf(map: string, item: string, key: string, value: string): string {
  return `map_from_entries(list_transform(map_entries(${map}), lambda ${item}: {'k': ${key}, 'v': ${value}}))`;
}

export function structOf(
  struct: string,
  members: readonly { readonly name: string; readonly sql: string }[],
): string {
  const packed = members.map(({ name, sql }) => `${quoteText(name)}: ${sql}`);
  return `CASE WHEN ${struct} IS NOT NULL THEN {${packed.join(', ')}} END`;
}

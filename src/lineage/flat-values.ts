import { jsonOf } from '../base/json-of.ts';

/** How deep members of members are looked into. */
const mostLevels = 3;

/**
 * Params or tags without those that MLflow and asof write. Of a value that is an object or a list, in JSON or as Python prints them, its
 * members come too: `data.version` of `data`, `tables.0` of `tables`.
 */
export function flatValues(
  values: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  const flat: (readonly [string, string])[] = [];
  for (const own of Object.entries(values)) {
    const [key, value] = own;
    if (key.startsWith('mlflow.') || key.startsWith('asof.')) continue;
    flat.push(own);
    if (!/^(?:\{.*\}|\[.*\])$/s.test(value)) continue;
    flat.push(...membersOf(key, jsonOf(value) ?? jsonOf(asJson(value)), mostLevels));
  }
  return flat;
}

function membersOf(
  key: string,
  value: unknown,
  levels: number,
): readonly (readonly [string, string])[] {
  if (typeof value === 'string' || typeof value === 'number') return [[key, String(value)]];
  if (!(value instanceof Object) || levels === 0) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    membersOf(`${key}.${name}`, member, levels - 1),
  );
}

/** Python's text of a dict or a list; of one whose texts hold quotes nothing is made. */
function asJson(text: string): string {
  if (text.includes('"') || text.includes('\\')) return '';
  const words: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false' };
  return text
    .replaceAll("'", '"')
    .replace(/(?<=[:[,{]\s*)(None|True|False)(?=\s*[,}\]])/g, (word) => words[word] ?? word);
}

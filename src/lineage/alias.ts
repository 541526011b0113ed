import { LineageError } from '../base/errors.ts';

/** What a table is called when nobody said: the last part of its name or location. */
export function defaultAlias(ref: string): string {
  const last = ref
    .replace(/[\\/]+$/, '')
    .split(/[\\/.]/)
    .at(-1);
  const alias = (last ?? '').replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[A-Za-z]/.test(alias) ? alias : `table_${alias}`.replace(/_$/, '');
}

/**
 * Reads `alias=REF` or `REF` alone. An alias becomes part of parameters and environment variables, so it is letters, digits and `_`.
 *
 * @throws LineageError NAME_INVALID
 */
export function parseAliasedRef(text: string): { readonly alias: string; readonly ref: string } {
  const [, name, ref] = /^([^=/\\.@]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || ref === undefined)
    return { alias: defaultAlias(withoutMoment(text)), ref: text };
  if (!/^[A-Za-z]\w*$/.test(name)) {
    throw new LineageError('NAME_INVALID', {
      what: 'the alias of a table',
      name,
      problem: 'it begins with a letter and goes on with letters, digits and _',
    });
  }
  return { alias: name, ref };
}

/** The alias, with a number behind it where others have it already; letter case does not tell two apart. */
export function uniqueAlias(alias: string, taken: readonly string[]): string {
  const isTaken = (name: string) =>
    taken.some((other) => other.toUpperCase() === name.toUpperCase());
  let name = alias;
  for (let number = 2; isTaken(name); number++) name = `${alias}_${number}`;
  return name;
}

function withoutMoment(ref: string): string {
  const at = ref.lastIndexOf('@');
  return at > 0 && !/[\\/]/.test(ref.slice(at)) ? ref.slice(0, at) : ref;
}

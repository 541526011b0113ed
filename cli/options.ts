import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

export const jsonOption = () =>
  new Option('--json', 'print JSON: one document, or one a line for a list');

export const configOption = () =>
  new Option('--config <file>', 'read settings from this file instead of the nearest asof.yaml');

export const rowDigestOption = () =>
  new Option(
    '--row-digest',
    "read the rows too, for the digest that 'asof verify --rows' compares",
  );

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It is a whole number above 0.');
}

export function integer(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It is a whole number.');
}

export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** `30d`, `168h`, `2w`, `90m`: milliseconds. */
export function duration(text: string): number {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([mhdw])\s*$/i.exec(text) ?? [];
  const ms = Number(amount) * (spans[unit.toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError('It is a time like 90m, 168h, 30d or 2w.');
}

const spans: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `512MB`, `2g`, `1.5 GiB`: all powers of 1024. */
export function byteSize(text: string): number {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?\s*$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  const bytes = Math.floor(Number(amount) * (factor ?? Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes >= 64 * 2 ** 20) return bytes;
  throw new InvalidArgumentError('It is a size like 512MB or 2GB, 64MB at least.');
}

/** `a,b,"c,d"`: names with a comma in them are quoted. */
export function columnList(text: string): string[] {
  const names: string[] = [];
  // One name and what ends it; the whole text has to be made of those.
  const name = /\s*(?:"((?:[^"]|"")+)"\s*|([^,"]*[^,"\s])\s*)(,|$)/y;
  for (let end: string | undefined = ','; end === ','; ) {
    const [, quoted, plain, found] = name.exec(text) ?? [];
    const one = quoted?.replaceAll('""', '"') ?? plain;
    if (one === undefined) {
      throw new InvalidArgumentError('It is a list of column names with commas between.');
    }
    names.push(one);
    end = found;
  }
  return names;
}

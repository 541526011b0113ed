import type { Warning } from '../../src/index.ts';

/** Columns side by side, as wide as their widest cell. Cells of the columns named in `right` stand on the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly string[] } = {},
): string {
  const plain = rows.map((row) => row.map(plainLine));
  const widths = headings.map((heading, column) =>
    plain.reduce((widest, row) => Math.max(widest, width(row[column] ?? '')), width(heading)),
  );
  const line = (cells: readonly string[]) =>
    headings
      .map((heading, column) => {
        const cell = cells[column] ?? '';
        const space = ' '.repeat((widths[column] ?? 0) - width(cell));
        return options.right?.includes(heading) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return `${[headings, ...plain].map((cells) => `${line(cells)}\n`).join('')}`;
}

/** A table of Markdown; what a cell holds is text, whatever it looks like. */
export function markdownTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const escaped = rows.map((row) => row.map(markdown));
  return [headings, headings.map(() => '---'), ...escaped].map(line).join('');
}

/** Text as Markdown that shows it. */
export function markdown(text: string): string {
  return plainLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .trim();
}

/** What a log says may hold anything, also what a terminal takes for a command, or for the end of a line. */
export function plainLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return text.replace(/\u001b|[\u0000-\u001a\u001c-\u001f\u007f-\u009f]+/g, ' ');
}

/** The same, but our own styles get through. */
function styledLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must stay
  return text.replace(/(\u001b\[(?:[012]|3[123])m)|[^\u001b]+|\u001b/g, (part, style) =>
    style === undefined ? plainLine(part) : part,
  );
}

/** What a cell takes on a terminal, near enough: no cell of ours holds wide characters by itself. */
function width(text: string): number {
  return [...text].length;
}

/** Names and values under each other; those without a value are left out. */
export function pairs(
  entries: readonly (readonly [string, string | undefined])[],
  indent = '  ',
): string {
  const shown = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const widest = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${indent}${name.padEnd(widest)}  ${styledLine(value)}\n`)
    .join('');
}

/** `2026-03-01T04:10:00.000Z` as people read it, still exact to the second. */
export function time(instant: string): string {
  return instant.replace(/\.\d+Z$/, 'Z');
}

const spans = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** `3 hours ago`. */
export function age(instant: string, now: number): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  const found = spans.find(([, length]) => Math.abs(seconds) >= length);
  if (found === undefined) return seconds < 0 ? 'in a moment' : 'just now';
  const [unit, length] = found;
  const count = Math.floor(Math.abs(seconds) / length);
  const span = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return seconds < 0 ? `in ${span}` : `${span} ago`;
}

export function bytes(count: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (count < 999.5) return `${Math.round(count)} B`;
  let value = count / 1000;
  // What would be rounded to 1000.0 is one of the next unit.
  while (value >= 999.95 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value.toFixed(1)} ${units[0]}`;
}

/** `1,234,567`. The language data that `toLocaleString` loads takes longer than all the rest of a short command. */
export function integer(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function plural(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Each once, in order. */
export function warningLines(warnings: readonly Warning[]): string {
  const lines = warnings.map(({ code, message }) => `warning: ${plainLine(message)} (${code})\n`);
  return [...new Set(lines)].join('');
}

/** ANSI styles, or none. */
export function styles(hasColor: boolean) {
  const style = (code: number) => (text: string) =>
    hasColor ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: style(1), dim: style(2), red: style(31), green: style(32), yellow: style(33) };
}

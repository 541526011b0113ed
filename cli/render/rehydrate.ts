import { formatTableRef, type RehydrateResult } from '../../src/index.ts';
import { bytes, integer, plainLine, plural } from './text.ts';

export function rehydrateText({ tables, warnings }: RehydrateResult): string {
  const notes = warnings
    .map(({ code, message }) => `note: ${plainLine(message)} (${code})\n`)
    .join('');
  const made = tables
    .map(({ path, manifest }) => {
      const { table, version, rows, files, bytes: size, format } = manifest;
      const names =
        format === 'delta'
          ? `_delta_log, ${plural(files.length - 1, 'file')}`
          : files.map(({ name }) => name).join(', ');
      return `${formatTableRef(table.ref, version)}  ${rows === null ? 'rows not counted' : `${integer(rows)} rows`}, ${bytes(size)} of ${format}\n  ${path}\n  ${names}, _asof.json\n`;
    })
    .join('');
  return `${made}${notes}`;
}

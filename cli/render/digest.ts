import { type DigestResult, formatTableRef } from '../../src/index.ts';
import { integer } from './text.ts';

export function digestText({ table, version, digest, rows, read }: DigestResult): string {
  const { columns, where } = read ?? {};
  const parts = [
    ...(columns === undefined ? [] : [`columns ${columns.join(', ')}`]),
    ...(where === undefined ? [] : [`where ${where}`]),
  ];
  const part = parts.length === 0 ? '' : `  of ${parts.join(', ')}\n`;
  return `${digest}\n  ${formatTableRef(table.ref, version)}, ${integer(rows)} rows\n${part}`;
}

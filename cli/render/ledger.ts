import type { LedgerResult } from '../../src/index.ts';
import { integer } from './text.ts';

export function ledgerText({ path, entries, head, problems, imported }: LedgerResult): string {
  const count = (number: number) => (number === 1 ? '1 entry' : `${integer(number)} entries`);
  const came = imported === null ? '' : `took over ${count(imported)}\n`;
  const verdict =
    problems.length === 0
      ? 'each entry is as it was written\n'
      : problems.map((problem) => `! ${problem}\n`).join('');
  return `${path}: ${count(entries)}\n${came}${verdict}head ${head}\n`;
}

import type { Verdict } from './judge-case.ts';

/** One line for a case. */
export function verdictText(name: string, verdict: Verdict): string {
  return `${verdict.kind.padEnd(9)}  ${name}  ${detail(verdict)}`;
}

/** `135 cases: 80 pass, 3 refused, 0 wrong, …` */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const counts = (['pass', 'refused', 'wrong', 'unchecked', 'disputed'] as const).map(
    (kind) => `${verdicts.filter((verdict) => verdict.kind === kind).length} ${kind}`,
  );
  return `${verdicts.length} cases: ${counts.join(', ')}`;
}

function detail(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'pass':
      return `${verdict.rows} rows`;
    case 'unchecked':
      return `${verdict.rows} rows, none to compare with`;
    case 'refused':
      return `${verdict.code}: ${verdict.reason}`;
    case 'disputed':
      return verdict.reason;
    case 'wrong':
      return verdict.problem;
  }
}

import type { BackfillLine } from '../../src/index.ts';
import { plural, table } from './text.ts';

export function backfillTable(lines: readonly BackfillLine[]): string {
  return table(
    ['RUN', 'NAME', 'PROPOSED', 'HOW SURELY', 'ACTION', 'WHY'],
    lines.map(({ runId, name, tables, action, isWritten, why }) => [
      runId,
      name ?? '',
      tables
        .map(({ ref, version }) => (version === null ? `${ref} at ?` : `${ref}@v${version}`))
        .join(', '),
      tables.map(({ certainty, confidence }) => `${certainty} ${confidence}`).join(', '),
      isWritten === true ? 'stamped' : isWritten === false ? 'not stored' : action,
      why,
    ]),
  );
}

export function backfillSummary(lines: readonly BackfillLine[], isApplied: boolean): string {
  const wanted = lines.filter(({ action }) => action === 'stamp');
  const stamped = lines.filter(({ isWritten }) => isWritten === true).length;
  const left = lines.length - wanted.length;
  if (lines.length === 0) return 'There is no run without a stamp that records a table.\n';
  if (isApplied) {
    const lost = wanted.length - stamped;
    return `${plural(stamped, 'run')} stamped, ${left} left as they are${lost === 0 ? '' : `, ${lost} not stored`}\n`;
  }
  return `${plural(wanted.length, 'run')} would be stamped, ${left} left as they are; --apply writes them\n`;
}

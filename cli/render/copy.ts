import { type CopyResult, formatTableRef } from '../../src/index.ts';
import { integer } from './text.ts';

const kinds: Record<CopyResult['kind'], string> = {
  rows: 'rows written anew',
  deep: 'deep clone',
  shallow: 'shallow clone',
};

/** What would be done, or is about to be. */
export function copyPlanText({
  source,
  version,
  target,
  kind,
  statement,
  risks,
}: CopyResult): string {
  const warnings = risks.map((risk) => `  risk: ${risk}\n`).join('');
  return `${formatTableRef(source.ref, version)} into ${target}, ${kinds[kind]}, on the warehouse\n  ${statement.replaceAll('\n', '\n  ')}\n${warnings}`;
}

export function copiedText({ source, version, target, copied }: CopyResult): string {
  const rows = copied === null ? '' : `  ${integer(copied.rows)} rows`;
  const facts = copied === null ? '' : `  table id ${copied.tableId}\n`;
  const when = copied?.wasThere ? 'already' : 'now';
  return `${formatTableRef(source.ref, version)} is ${target} ${when}${rows}\n${facts}`;
}

import { formatModelVersion, formatTableRef, type StampResult } from '../../src/index.ts';

export function stampText(result: Omit<StampResult, 'schemaVersion'>): string {
  const { runId, page, wasStamped, tables, models } = result;
  const lines = [
    `run ${runId} ${wasStamped ? 'was stamped already, with the same' : 'stamped'}`,
    ...tables.map(({ alias, ref, version }) => `  ${alias}  ${formatTableRef(ref, version)}`),
    ...models.map(({ name, version }) => `  noted on ${formatModelVersion(name, version)}`),
    ...(page === null ? [] : [`  ${page}`]),
  ];
  return `${lines.join('\n')}\n`;
}

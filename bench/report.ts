import type { Cost } from './measure.ts';
import type { Comparison } from './subject.ts';

/** A comparison as Markdown: what each program cost, and whether promises hold. */
export function comparisonText({ title, costs, targets = [] }: Comparison): string {
  const [first] = costs;
  if (first === undefined) throw new TypeError('nothing was compared');
  const hasInside = costs.some(({ insideMs }) => insideMs !== undefined);
  const head = [
    '',
    'wall',
    `× ${first.name}`,
    'CPU',
    'peak memory',
    ...(hasInside ? ['inside'] : []),
  ];
  const lines = costs.map((cost) => [
    cost.name,
    duration(cost.wallMs),
    (cost.wallMs / first.wallMs).toFixed(2),
    duration(cost.cpuMs),
    `${(cost.peakBytes / 2 ** 20).toFixed(0)} MiB`,
    ...(hasInside ? [insideText(cost)] : []),
  ]);
  const verdicts = targets.map(
    ({ promise, found, holds }) => `- ${holds ? 'holds' : '**missed**'}: ${promise}: ${found}`,
  );
  return [`### ${title}`, '', ...table(head, lines), '', ...verdicts, ''].join('\n');
}

function insideText({ insideMs }: Cost): string {
  return insideMs === undefined ? '' : duration(insideMs);
}

function duration(ms: number): string {
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): readonly string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const alignment = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [row(head), row(alignment), ...lines.map(row)];
}

/** The page that is kept. */
export function resultsPage(
  results: readonly { readonly title: string; readonly comparisons: readonly Comparison[] }[],
  machine: readonly string[],
): string {
  const sections = results.map(
    ({ title, comparisons }) => `## ${title}\n\n${comparisons.map(comparisonText).join('\n')}`,
  );
  return `# What asof costs, and what the usual tools cost

\`npm run bench -- --write\` makes this page. The programs took turns in one run: A B A B …, one turn to warm up, then medians;
peak memory is the highest seen. Trust the ratios rather than the times: the machine did other work too. *Inside* is what a program
says of its work alone, without its start and its imports.

${machine.map((line) => `- ${line}`).join('\n')}

${sections.join('\n')}`;
}

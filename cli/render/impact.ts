import type { ImpactedModel, ImpactResult } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import {
  integer,
  markdown,
  markdownTable,
  plainLine,
  plural,
  styles,
  table,
  time,
} from './text.ts';

type Rows = ImpactResult['commits'][number]['added'];

export function impactText(result: ImpactResult, { hasColor }: CliContext): string {
  const { bold, red } = styles(hasColor);
  const { models, unaffected, stages } = result;
  const head = `${bold(plainLine(titleOf(result)))}\n`;
  const commits = result.commits
    .map(
      ({ version, operation, committedAt, added, removed }) =>
        `  v${version}  ${plainLine(operation ?? 'unknown')}${committedAt === null ? '' : `  ${time(committedAt)}`}  added ${rowsText(added)}, removed ${rowsText(removed)}\n`,
    )
    .join('');
  const list = models.length === 0 ? '' : `\n${table(headings, models.map(cells))}`;
  const affected = models.filter(({ effect }) => effect !== 'unknown').length;
  const byStage = Object.entries(stages)
    .map(([stage, count]) => `${stage === 'none' ? 'in no stage' : stage} ${integer(count)}`)
    .join(', ');
  const summary = `\n${plural(affected, 'model version')} affected${byStage === '' ? '' : ` (${byStage})`}, ${integer(models.length - affected)} not known, ${integer(unaffected)} trained on the table and not affected\n`;
  const hit = result.isProtectedHit
    ? red(`A protected stage is hit: ${result.protectedStages.join(', ')}\n`)
    : '';
  return head + commits + list + summary + hit;
}

/** For a pull request or an issue. */
export function impactMarkdown(result: ImpactResult): string {
  const { models, unaffected } = result;
  const list =
    models.length === 0
      ? '\nNo model version is affected.\n'
      : `\n${markdownTable(headings, models.map(cells))}`;
  const commits = result.commits
    .map(
      ({ version, operation, added, removed }) =>
        `- v${version} ${markdown(operation ?? 'unknown')}: added ${rowsText(added)}, removed ${rowsText(removed)}\n`,
    )
    .join('');
  const hit = result.isProtectedHit
    ? `\n**A protected stage is hit: ${markdown(result.protectedStages.join(', '))}.**\n`
    : '';
  return `### ${markdown(titleOf(result))}\n\n${commits}${hit}${list}\n${plural(unaffected, 'model version')} trained on the table and not affected.\n`;
}

const headings = ['MODEL', 'IN', 'TRAINED ON', 'HOW SURELY', 'EFFECT', 'WHY'];

function cells(model: ImpactedModel): readonly string[] {
  const { name, version, stages, aliases, tableVersion, certainty, effect, why } = model;
  return [
    `models:/${name}/${version}`,
    [...stages, ...aliases.map((alias) => `@${alias}`)].join(', '),
    tableVersion === null ? '?' : `v${tableVersion}`,
    certainty,
    effect,
    why,
  ];
}

function titleOf({ table: { ref }, from, to, predicate }: ImpactResult): string {
  const range = from === null ? '' : from === to ? `@v${from}` : `@v${from}..v${to}`;
  return `${ref}${range}${predicate === null ? '' : ` where ${predicate}`}`;
}

function rowsText({ atLeast, atMost }: Rows): string {
  if (atMost === null) return `${integer(atLeast)} rows or more`;
  if (atLeast === atMost) return plural(atLeast, 'row');
  return atLeast === 0
    ? `up to ${integer(atMost)} rows`
    : `${integer(atLeast)} to ${integer(atMost)} rows`;
}

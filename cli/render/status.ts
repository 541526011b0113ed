import {
  formatModelVersion,
  formatTableRef,
  type StatusLine,
  type StatusTable,
} from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { age, integer, markdownTable, plainLine, table, time } from './text.ts';

const headings = ['MODEL', 'WHERE', 'DATA', 'STATE', 'UNTIL', 'THEN'];

export function statusText(lines: readonly StatusLine[], { now }: CliContext): string {
  const rows = lines.flatMap((line) => rowsOf(line, now()));
  const notes = lines.flatMap(({ findings, model }) =>
    findings.map((finding) => `${plainLine(`${nameOf(model)}  ${finding}`)}\n`),
  );
  return `${table(headings, rows)}${notes.length === 0 ? '' : `\n${notes.join('')}`}`;
}

export function statusMarkdown(lines: readonly StatusLine[], now: number): string {
  const rows = lines.flatMap((line) => rowsOf(line, now));
  const notes = lines.flatMap(({ findings, model }) =>
    findings.map((finding) => [nameOf(model), finding]),
  );
  const found = notes.length === 0 ? '' : `\n${markdownTable(['MODEL', 'FINDING'], notes)}`;
  return `${markdownTable(headings, rows)}${found}`;
}

function rowsOf(line: StatusLine, now: number): readonly (readonly string[])[] {
  const { model, tables } = line;
  const where = [...model.stages, ...model.aliases.map((alias) => `@${alias}`)].join(', ');
  const head = [nameOf(model), where];
  if (tables.length === 0) return [[...head, 'not known', line.state, '', '']];
  return tables.map((one) => [...head, dataOf(one), stateOf(one), ...untilOf(one, now)]);
}

function nameOf({ name, version, runId }: StatusLine['model']): string {
  return name !== null && version !== null ? formatModelVersion(name, version) : `runs:/${runId}`;
}

function dataOf({ table: { ref }, version }: StatusTable): string {
  return version === null ? `${ref} at an unknown version` : formatTableRef(ref, version);
}

function stateOf({ state, lost }: StatusTable): string {
  if (lost === null) return state;
  return `${state} (${integer(lost.files)} of ${integer(lost.ofFiles)} files)`;
}

/** The date and what happens then. */
function untilOf(
  { state, changes, unforeseen, hold }: StatusTable,
  now: number,
): readonly string[] {
  if (hold !== null) return ['held', hold];
  const [first] = changes;
  if (unforeseen !== null && first === undefined) return ['?', 'nobody can tell'];
  if (first === undefined)
    return ['', state === 'readable' || state === 'refused' ? 'stays as the table stands' : ''];
  const isDue = Date.parse(first.at) <= now;
  const when = isDue ? 'any moment' : `${time(first.at)} (${age(first.at, now)})`;
  return [when, `${first.to} by ${first.by}; ${first.setting} = ${first.value}`];
}

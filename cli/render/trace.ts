import { formatModelVersion, type Link, type TraceResult } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { age, integer, pairs, plainLine, styles, time } from './text.ts';

export function traceText(result: TraceResult, context: CliContext): string {
  const { bold } = styles(context.hasColor);
  const { model, run, code, links } = result;
  const name =
    model.name !== null && model.version !== null
      ? formatModelVersion(model.name, model.version)
      : model.loggedModelId !== null
        ? `models:/${model.loggedModelId}`
        : `runs:/${model.runId}`;
  const where = [...model.stages, ...model.aliases.map((alias) => `@${alias}`)].join(', ');
  const facts = pairs([
    [
      'run',
      model.runId === null
        ? undefined
        : `${model.runId}${run?.startedAt ? `, started ${time(run.startedAt)} (${age(run.startedAt, context.now())})` : ''}`,
    ],
    [
      'code',
      code === null
        ? undefined
        : `${code.commit}${code.isDirty ? ', with changes' : ''}${code.remote ? ` of ${code.remote}` : ''}`,
    ],
    ['page', run?.page ?? undefined],
    [
      'on',
      result.on === undefined
        ? undefined
        : `${time(result.on.asked)}, ${result.on.known}: ${result.on.why}`,
    ],
  ]);
  const tables = links.map((link) => linkText(link, context)).join('');
  return `${bold(name)}${where === '' ? '' : ` (${where})`}\n${facts}${tables === '' ? '  no table is known\n' : tables}`;
}

function linkText(link: Link, { now, hasColor }: CliContext): string {
  const { bold, green, yellow, red } = styles(hasColor);
  const { table, version, committedAt, operation, certainty, state, read } = link;
  const surely = certainty === 'stamped' || certainty === 'recorded' ? green : yellow;
  const head = `\n  ${link.alias}  ${bold(`${plainLine(table.ref)} ${version === null ? 'at an unknown version' : `@v${version}`}`)}  ${surely(certainty)}\n`;
  const isReadable = state === 'readable' || state === 'refused';
  const facts = pairs(
    [
      [
        'committed',
        committedAt === null
          ? undefined
          : `${time(committedAt)} (${age(committedAt, now())})${operation === null ? '' : ` by ${operation}`}`,
      ],
      ['table id', table.id ?? undefined],
      [
        'location',
        table.location === null || table.location === table.ref ? undefined : table.location,
      ],
      ['rows', link.rows === null ? undefined : integer(link.rows)],
      ['read', read === null ? undefined : readText(read)],
      [
        'state',
        `${(isReadable ? green : red)(state)}${link.stateReason === null ? '' : `: ${link.stateReason}`}`,
      ],
      ['hold', link.hold ?? undefined],
      [
        'known by',
        link.evidence
          .map(
            ({ where, version: says }) =>
              `${where}${says === version ? '' : ` (says ${says === null ? 'no version' : `v${says}`})`}`,
          )
          .join('; '),
      ],
      ...(link.validations ?? []).map((one): [string, string] => [
        'validated',
        `${one.suite}: ${one.success ? green('passed') : red('failed')}, ${one.successful} of ${one.evaluated} expectations held${one.failed.length === 0 ? '' : ` (not ${one.failed.map(({ expectation, column }) => (column === null ? expectation : `${expectation} of ${column}`)).join(', ')})`}${one.ranAt === null ? '' : `, ${time(one.ranAt)}`}${one.gx === null ? '' : `, by Great Expectations ${one.gx}`}`,
      ]),
      ['but', link.conflicts.join('; ') || undefined],
      ['why', certainty === 'stamped' || certainty === 'conflicting' ? undefined : link.why],
      ...link.candidates.map((candidate): [string, string] => [
        'perhaps',
        `v${candidate.version}: ${candidate.why}`,
      ]),
    ],
    '    ',
  );
  return head + facts;
}

function readText({ columns, where, split, seed }: NonNullable<Link['read']>): string {
  return [
    columns === undefined ? 'all columns' : `columns ${columns.join(', ')}`,
    ...(where === undefined ? [] : [`where ${where}`]),
    ...(split === undefined ? [] : [`split ${split}`]),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ].join('; ');
}

import { formatTableRef, type ShowResult } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { age, bytes, integer, pairs, plural, styles, table, time } from './text.ts';

export function showText(result: ShowResult, { now, hasColor }: CliContext): string {
  const { bold } = styles(hasColor);
  const { protocol, committedAt } = result;
  const features = [
    ...new Set([...(protocol?.readerFeatures ?? []), ...(protocol?.writerFeatures ?? [])]),
  ].sort();
  const size =
    result.files === null || result.bytes === null
      ? undefined
      : `${plural(result.files, 'file')}, ${bytes(result.bytes)}`;
  const head = `${bold(formatTableRef(result.table.ref, result.version))}${result.isLatest ? ' (latest)' : ''}\n`;
  const facts = pairs([
    ['name', result.name ?? undefined],
    ['description', result.description ?? undefined],
    [
      'committed',
      committedAt === null
        ? 'unknown: only a checkpoint is left of this version'
        : `${time(committedAt)} (${age(committedAt, now())}) by ${result.operation ?? 'an unnamed operation'}`,
    ],
    ['table id', result.table.id],
    ['location', result.table.location],
    [
      'rows',
      size === undefined
        ? 'not told by the warehouse'
        : result.rows === null
          ? `not in the statistics; ${size}`
          : `${integer(result.rows)} in ${size}`,
    ],
    ['digest', result.digest ?? 'none: a warehouse does not tell which files make up a version'],
    [
      'protocol',
      protocol === null
        ? 'not told by the warehouse of an older version'
        : `reader ${protocol.minReaderVersion}, writer ${protocol.minWriterVersion}${features.length > 0 ? `: ${features.join(', ')}` : ''}`,
    ],
    ['partitioned by', result.partitionColumns?.join(', ') || undefined],
    ...Object.entries(result.properties ?? {})
      .sort()
      .map(([name, value]): [string, string] => ['property', `${name} = ${value}`]),
  ]);
  const columns = table(
    ['COLUMN', 'TYPE', 'NULLS', 'COMMENT'].slice(
      0,
      result.columns.some(({ comment }) => comment) ? 4 : 3,
    ),
    result.columns.map(({ name, type, nullable, comment }) => [
      name,
      type,
      nullable === null ? '?' : nullable ? 'yes' : 'no',
      comment ?? '',
    ]),
  );
  return `${head}${facts}\n${columns}${result.fileList === null ? '' : `\n${fileTable(result.fileList)}`}`;
}

function fileTable(files: NonNullable<ShowResult['fileList']>): string {
  return table(
    ['SIZE', 'ROWS', 'DELETED', 'FILE'],
    files.map(({ sizeBytes, rows, deletedRows, path }) => [
      bytes(sizeBytes),
      rows === null ? '?' : integer(rows),
      integer(deletedRows),
      path,
    ]),
    { right: ['SIZE', 'ROWS', 'DELETED'] },
  );
}

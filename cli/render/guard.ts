import { formatModelVersion, type GuardResult } from '../../src/index.ts';
import { bytes, integer, markdownTable, plural, table, time } from './text.ts';

const headings = ['VERSION', 'COMMITTED', 'FILES', 'ROWS', 'MODELS'];

export function guardText(result: GuardResult): string {
  return `${head(result)}${result.breaks.length === 0 ? '' : `\n${table(headings, rowsOf(result))}`}${advice(result, '\n', '  ')}${pathsOf(result)}`;
}

export function guardMarkdown(result: GuardResult): string {
  const broken = result.breaks.length === 0 ? '' : `\n${markdownTable(headings, rowsOf(result))}`;
  const lines = advice(result, '', '');
  return `${head(result)}${broken}${lines === '' ? '' : `\n\`\`\`\n${lines}\`\`\`\n`}${pathsOf(result)}`;
}

function head({
  table: { ref },
  version,
  engine,
  at,
  retainHours,
  deletes,
  breaks,
  ...result
}: GuardResult) {
  const who = {
    spark: 'Spark',
    'spark-4.0': 'Spark with Delta up to 4.0',
    'spark-4.1': 'Spark with Delta from 4.1',
    'delta-rs': 'delta-rs',
    'delta-rs-full': 'delta-rs (full)',
  }[engine];
  const folders = deletes.folders === 0 ? '' : ` and ${plural(deletes.folders, 'empty folder')}`;
  const models = new Set(
    breaks.flatMap((one) => one.models.map(({ name, version: of }) => `${name}/${of}`)),
  );
  const lost =
    result.lostAlready.length === 0
      ? ''
      : `Not whole any more: ${result.lostAlready.map((one) => `v${one}`).join(', ')}\n`;
  const verdict =
    breaks.length === 0
      ? 'It breaks no version that a registered model was trained on.\n'
      : `It breaks ${plural(breaks.length, 'version')} that ${plural(models.size, 'model version')} ${models.size === 1 ? 'was' : 'were'} trained on${result.isProtectedBroken ? ', protected ones among them' : ''}.\n`;
  return `VACUUM of ${ref} (now v${version}) by ${who} at ${time(at)}, retaining ${integer(retainHours)} h, deletes ${plural(deletes.files, 'file')}${folders}, ${bytes(deletes.bytes)}.\n${verdict}${lost}`;
}

function rowsOf({ breaks }: GuardResult): readonly (readonly string[])[] {
  return breaks.map(({ version, committedAt, files, ofFiles, rows, models, hold }) => [
    `v${version}${hold === null ? '' : ' (held)'}`,
    committedAt === null ? '?' : time(committedAt),
    `${integer(files)} of ${integer(ofFiles)}`,
    rows === null ? '?' : integer(rows),
    models
      .map(({ name, version: of, stages, aliases }) => {
        const where = [...stages, ...aliases.map((alias) => `@${alias}`)].join(', ');
        return `${formatModelVersion(name, of)}${where === '' ? '' : ` (${where})`}`;
      })
      .join(', '),
  ]);
}

/** What keeps the versions that would break. Plans: asof runs none of it. */
function advice(result: GuardResult, before: string, indent: string): string {
  const { retention, keepVersions, clones, engine } = result;
  if (retention === null) return '';
  const name = sqlName(result.table.ref);
  const kept = (size: number) => bytes(size);
  const lines = [
    ...(engine === 'delta-rs-full' && result.keepVersions.hasVectors
      ? ['# delta-rs (full) deletes deletion vectors, also live ones, whatever keep_versions says']
      : []),
    `# delta-rs: keeps ${kept(keepVersions.bytes)}`,
    `DeltaTable(path).vacuum(keep_versions=[${keepVersions.versions.join(', ')}])`,
    `-- Spark, for 30 more days, if VACUUM is given no RETAIN: keeps ${kept(retention.bytes)}`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval ${retention.days} days', 'delta.logRetentionDuration' = 'interval ${Math.max(retention.days, 30)} days');`,
    ...clones.flatMap(({ version, bytes: size }) => [
      `-- Databricks, for good: takes ${kept(size)}`,
      `CREATE TABLE ${cloneName(result.table.ref, version)} DEEP CLONE ${name} VERSION AS OF ${version};`,
    ]),
  ];
  return `${before}${lines.map((line) => `${indent}${line}\n`).join('')}`;
}

/** A name that reads as one in SQL; a location as Delta's own table by path. */
function sqlName(ref: string): string {
  return /[\\/]/.test(ref) ? `delta.\`${ref.replaceAll('`', '``')}\`` : ref;
}

function cloneName(ref: string, version: number): string {
  return /[\\/]/.test(ref)
    ? `delta.\`${ref.replaceAll('`', '``')}_v${version}\``
    : `${ref}_v${version}`;
}

function pathsOf({ paths }: GuardResult): string {
  return paths.length === 0 ? '' : `\n${paths.map((path) => `${path}\n`).join('')}`;
}

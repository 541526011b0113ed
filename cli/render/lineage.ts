import type { LineageResult } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { plainLine, styles } from './text.ts';

type Upstream = LineageResult['upstream'][number];

export function lineageText(result: LineageResult, { hasColor }: CliContext): string {
  const { bold } = styles(hasColor);
  const { table, version, upstream, writers, unknown } = result;
  const head = `${bold(plainLine(`${table.ref}@v${version}`))}\n`;
  const sources = upstream.map((one) => upstreamText(one, 1)).join('');
  const written = writers
    .map(
      ({ kind, id, name, versions }) =>
        `  written by ${kind} ${plainLine(`${id}${name === null ? '' : ` (${name})`}`)}: ${list(versions)}\n`,
    )
    .join('');
  const open = unknown
    .map(
      ({ operation, versions, why }) =>
        `  not known  ${plainLine(operation)} ${list(versions)}: ${why}\n`,
    )
    .join('');
  const none = sources + written === '' ? '  the log names no source\n' : '';
  return head + sources + written + none + open;
}

function upstreamText(
  { kind, ref, version, known, atVersion, why, upstream }: Upstream,
  depth: number,
): string {
  const indent = '  '.repeat(depth);
  const source = plainLine(version === null ? ref : `${ref}@v${version}`);
  const line = `${indent}from ${source}  ${kind} at v${atVersion}, known by the ${known === 'log' ? 'log' : 'streaming checkpoint'}: ${plainLine(why)}\n`;
  return line + upstream.map((one) => upstreamText(one, depth + 1)).join('');
}

/** `v0, v3..v5`. */
function list(versions: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < versions.length; ) {
    let end = start;
    while (versions[end + 1] === (versions[end] ?? 0) + 1) end += 1;
    parts.push(start === end ? `v${versions[start]}` : `v${versions[start]}..v${versions[end]}`);
    start = end + 1;
  }
  return parts.join(', ');
}

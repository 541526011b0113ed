import { formatTableRef, type HoldLine } from '../../src/index.ts';
import { age, bytes, integer, table } from './text.ts';

export function holdText({
  id,
  table: { ref },
  version,
  path,
  rows,
  bytes: size,
  ownBytes,
  outcome,
}: HoldLine): string {
  const count = rows === null ? 'rows not counted' : `${integer(rows)} rows`;
  const own = ownBytes === null ? '' : `, ${bytes(ownBytes)} of it not shared`;
  const done = outcome === 'was-held' ? 'was held already' : 'held';
  return `${formatTableRef(ref, version)}  ${done}: ${count}, ${bytes(size)}${own}\n  ${path}\n  hold ${id}\n`;
}

export function holdsTable(lines: readonly HoldLine[], now: number): string {
  return table(
    ['HOLD', 'DATA', 'HELD', 'SIZE', 'NOT SHARED', 'FOR', 'FOLDER'],
    lines.map(({ id, table: { ref }, version, heldAt, bytes: size, ownBytes, of, path }) => [
      id,
      formatTableRef(ref, version),
      age(heldAt, now),
      bytes(size),
      ownBytes === null ? 'gone' : bytes(ownBytes),
      of ?? '',
      path,
    ]),
    { right: ['SIZE', 'NOT SHARED'] },
  );
}

export function releaseText({
  id,
  table: { ref },
  version,
  path,
  ownBytes,
  outcome,
}: HoldLine): string {
  const what = `hold ${id} of ${formatTableRef(ref, version)}`;
  const freed =
    ownBytes === null ? 'its folder is gone already' : `which sets ${bytes(ownBytes)} free`;
  if (outcome === 'released') return `${what} is released, ${freed}\n`;
  return `This would remove ${path}, ${freed}.\nGive --yes to release ${what}.\n`;
}

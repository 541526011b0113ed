import { canonicalJson } from '../base/canonical-json.ts';
import { isLineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import { parseTableName } from '../delta/table-ref.ts';
import type { Evidence } from './evidence.ts';
import { openTable } from './find-table.ts';

/** All that a run records about its use of one table, strongest first; one at least. */
export type TableEvidence = readonly [Evidence, ...Evidence[]];

interface Group {
  readonly keys: Set<string>;
  readonly evidence: [Evidence, ...Evidence[]];
}

/**
 * Puts together what is about the same table: the same name, location or table id. A table that is stamped under several aliases, at
 * several versions perhaps, is as many uses, however many runs of a sweep are stamped with each; other records go to the one of their
 * alias, else of their version, else to the first. Tables come in the order of their strongest evidence.
 *
 * @param known what names and locations stand for, found before and from now on
 */
export function groupByTable(
  evidence: readonly Evidence[],
  tables: DeltaTables,
  known = new Map<string, readonly string[]>(),
): readonly TableEvidence[] {
  let groups: readonly Group[] = [];
  for (const item of evidence) {
    const keys = keysOf(item, tables, known);
    const same = groups.filter((group) => keys.some((key) => group.keys.has(key)));
    const [first, ...others] = same;
    const use = item.kind === 'stamp' ? useOfOthers(item, same) : first;
    if (use === undefined || first === undefined) {
      groups = [...groups, { keys: new Set(keys), evidence: [item] }];
      continue;
    }
    const isStamped = same.some((group) => group.evidence[0].kind === 'stamp');
    const group = isStamped && item.kind !== 'stamp' ? (useMeant(item, same) ?? first) : use;
    group.evidence.push(item);
    for (const key of keys) group.keys.add(key);
    if (isStamped) continue;
    // They were not known to be the same until now.
    first.evidence.push(...others.flatMap((other) => other.evidence));
    first.evidence.sort((a, b) => evidence.indexOf(a) - evidence.indexOf(b));
    for (const key of others.flatMap((other) => [...other.keys])) first.keys.add(key);
    groups = groups.filter((known) => !others.includes(known));
  }
  return groups.map((group) => group.evidence);
}

/**
 * The use that the stamp of another run tells of too: the runs of a sweep are each stamped with it. What was written there after the fact
 * is a record like others, and may disagree with them.
 */
function useOfOthers(stamp: Evidence, uses: readonly Group[]): Group | undefined {
  if (stamp.of === undefined) return;
  const ofTable = uses.filter(({ evidence: [first] }) => first.id === stamp.id);
  const identity = ({ alias, version, stamped }: Evidence) =>
    canonicalJson([alias, version, stamped?.read ?? null]);
  return (
    ofTable.find(({ evidence: [first] }) => identity(first) === identity(stamp)) ??
    (stamp.stamped?.backfilled === undefined ? undefined : ofTable[0])
  );
}

function useMeant({ alias, version }: Evidence, uses: readonly Group[]): Group | undefined {
  return (
    uses.find((use) => alias !== undefined && use.evidence[0].alias === alias) ??
    uses.find((use) => use.evidence[0].version === version)
  );
}

function keysOf(
  { ref, location, id }: Evidence,
  tables: DeltaTables,
  known: Map<string, readonly string[]>,
): readonly string[] {
  const keys = (location === undefined ? [ref] : [ref, location]).flatMap((place) => {
    const found = known.get(place) ?? keysOfPlace(place, tables);
    known.set(place, found);
    return found;
  });
  return id === undefined ? keys : [...keys, `id ${id}`];
}

function keysOfPlace(place: string, tables: DeltaTables): readonly string[] {
  const { table } = openTable(place, tables);
  return table === undefined ? [placeKey(place)] : [placeKey(place), table.location];
}

/** Names are the same in any letter case; locations need not be. */
function placeKey(place: string): string {
  try {
    const table = parseTableName(place);
    return table.kind === 'location' ? place : `name ${table.parts.join('.').toLowerCase()}`;
  } catch (error) {
    if (isLineageError(error)) return place;
    throw error;
  }
}

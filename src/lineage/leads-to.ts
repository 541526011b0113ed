import { stat } from 'node:fs/promises';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import { openTable } from './find-table.ts';
import type { TableEvidence } from './group-evidence.ts';
import { placesOf } from './judge-link.ts';

/** Tells whether a place that is recorded is the folder of this table, whichever way leads there. */
export function leadingTo(
  { location }: DeltaTable,
  tables: DeltaTables,
): (evidence: TableEvidence) => Promise<boolean> {
  const own = folderAt(location);
  const known = new Map<string, Promise<boolean>>();
  const isHere = async (found: string | undefined) => {
    if (found === undefined || found === location) return found === location;
    const folder = await own;
    return folder !== undefined && (await folderAt(found)) === folder;
  };
  const leadsHere = (place: string) => {
    const asked = known.get(place) ?? isHere(openTable(place, tables).table?.location);
    known.set(place, asked);
    return asked;
  };
  return async (evidence) => (await Promise.all(placesOf(evidence).map(leadsHere))).includes(true);
}

/** What tells a folder from others, through links and mounts; undefined where there is none, or it is not on this machine. */
async function folderAt(location: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(location, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return;
  }
}

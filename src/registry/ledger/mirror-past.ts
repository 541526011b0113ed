import { z } from 'zod';
import type { PastHolders, RegistryPast } from '../registry-past.ts';
import type { LedgerDatabase } from './database.ts';

interface Event {
  readonly at: number;
  readonly version: number;
  readonly kind: string;
  readonly what: string | null;
  /** When the registry itself says that the version last changed. */
  readonly updatedAt: number | undefined;
}

interface Place {
  readonly kind: 'stage' | 'alias';
  readonly what: string;
}

const wireEvent = z
  .object({
    at: z.int(),
    version: z.int(),
    kind: z.string(),
    what: z.string().nullable(),
    updated_at: z.int().nullable(),
  })
  .transform(
    ({ updated_at, ...event }): Event => ({ ...event, updatedAt: updated_at ?? undefined }),
  );

const iso = (time: number) => new Date(time).toISOString();

/** What was seen of a registry at each sync, as the past of its stages and aliases. */
export function mirrorPast(database: LedgerDatabase, store: string): RegistryPast {
  const seenAt = (sql: string, instant: number) =>
    database.all(z.object({ at: z.int().nullable() }), sql, [store, instant])[0]?.at ?? undefined;

  return {
    async holders(name, place, instant) {
      const events = database.all(
        wireEvent,
        'SELECT at, version, kind, what, updated_at FROM sync_events WHERE store = ? AND name = ? ORDER BY id',
        [store, name],
      );
      if (events.length === 0) return;
      const before = seenAt('SELECT max(at) AS at FROM syncs WHERE store = ? AND at <= ?', instant);
      const after = seenAt('SELECT min(at) AS at FROM syncs WHERE store = ? AND at > ?', instant);
      const at = (moment: number) => holdersAt(events, place, moment);
      if (before === instant) {
        const why = 'that is when it was looked at';
        return { versions: at(before), known: 'observed', why };
      }
      if (before !== undefined && after === undefined) {
        const why = `so it was at the last sync before, ${iso(before)}, and there was none since`;
        return { versions: at(before), known: 'last-seen', why };
      }
      if (before === undefined)
        return after === undefined ? undefined : early(events, place, instant, after);
      if (after === undefined) return;
      const [earlier, later] = [at(before), at(after)];
      const looks = `the syncs of ${iso(before)} and ${iso(after)}`;
      const isGone = (version: number) =>
        events.some((one) => one.at === after && one.version === version && one.kind === 'gone');
      const remade = later.filter((version) => earlier.includes(version) && isGone(version));
      if (earlier.join() === later.join() && remade.length === 0) {
        const why = `so it was at both ${looks}; what may have changed and changed back between them is not known`;
        return { versions: earlier, known: 'observed', why };
      }
      // The registry's own times of the changes settle it, if nothing else touched the versions after.
      const arrived = later.filter(
        (version) => !earlier.includes(version) || remade.includes(version),
      );
      const left = earlier.filter((version) => !later.includes(version));
      const isBy = (version: number) => {
        const time = updatedAt(events, version, after);
        return time !== undefined && time <= instant;
      };
      const mayBeThere = (version: number) =>
        isGone(version) || (updatedAt(events, version, after) ?? 0) > instant;
      // An alias moves without a trace on the version.
      const isSettled = place.kind === 'stage' && arrived.length > 0 && arrived.every(isBy);
      if (isSettled && !left.some(mayBeThere)) {
        const why = `it changed between ${looks}, and by the registry's own times before ${iso(instant)}`;
        return { versions: later, known: 'timestamps', why };
      }
      const why = `it changed between ${looks}: before the change it was ${inWords(earlier)}, after it ${inWords(later)}; when is not known`;
      return {
        versions: [...new Set([...earlier, ...later])].toSorted((a, b) => a - b),
        known: 'between',
        why,
      };
    },
  };
}

/** Before anybody looked: a version that has not changed since then was where it is. */
function early(
  events: readonly Event[],
  place: Place,
  instant: number,
  first: number,
): PastHolders | undefined {
  const settled = holdersAt(events, place, first).filter((version) => {
    const time = updatedAt(events, version, first);
    return time !== undefined && time <= instant;
  });
  // An alias moves without a trace on the version.
  if (settled.length === 0 || place.kind === 'alias') return;
  const why = `that was before the first sync, ${iso(first)}; by the registry's own times ${inWords(settled)} had not changed since, and whether others were there too is not known`;
  return { versions: settled, known: 'timestamps', why };
}

function holdersAt(events: readonly Event[], place: Place, moment: number): readonly number[] {
  const holders = new Set<number>();
  for (const { at, version, kind, what } of events) {
    if (at > moment) break;
    if (kind === 'gone') holders.delete(version);
    if (place.kind === 'stage' && kind === 'stage') {
      if (what === place.what) holders.add(version);
      else holders.delete(version);
    }
    if (place.kind === 'alias' && what === place.what) {
      if (kind === 'alias') {
        holders.clear();
        holders.add(version);
      }
      if (kind === 'alias-lost') holders.delete(version);
    }
  }
  return [...holders].toSorted((a, b) => a - b);
}

function updatedAt(events: readonly Event[], version: number, moment: number): number | undefined {
  return events.findLast((event) => event.version === version && event.at <= moment)?.updatedAt;
}

function inWords(versions: readonly number[]): string {
  if (versions.length === 0) return 'empty';
  return `version ${versions.join(', ')}`;
}

const wireTransition = z.object({ version: z.int(), kind: z.string(), what: z.string() });

/** The past of the ledger's own registry, where every change is kept as it is made. */
export function ledgerPast(database: LedgerDatabase): RegistryPast {
  return {
    async holders(name, place, instant) {
      const transitions = database.all(
        wireTransition,
        'SELECT version, kind, what FROM transitions WHERE name = ? AND at <= ? ORDER BY id',
        [name, instant],
      );
      if (transitions.length === 0) return;
      const events = transitions.map((one) => ({ ...one, at: 0, updatedAt: undefined }));
      const versions = holdersAt(events, place, 0);
      return { versions, known: 'recorded', why: 'the ledger keeps every change as it is made' };
    },
  };
}

import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json.ts';
import type { JournalEntry } from '../stamp-journal.ts';
import { appendEntry } from './journal.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** The kind of entry that tells what a sync saw, changes only; a sync that saw many has several, one that saw none has one. */
export const sightingKind = 'sighting';

/** Of a model version: name, version, kind, what, and when the registry itself says that it last changed. */
const wireEvent = z.tuple([
  z.string(),
  z.int(),
  z.string(),
  z.string().nullable(),
  z.int().nullable(),
]);
export type SightedEvent = z.infer<typeof wireEvent>;

const wireSighting = z.object({ store: z.string(), at: z.int(), events: z.array(wireEvent) });
type Sighting = z.infer<typeof wireSighting>;

const eventsPerEntry = 1000;

/** Keeps what a sync saw, and tells the journal, in the transaction of the sync. */
export function appendSighting(writer: LedgerWriter, sighting: Sighting): void {
  insertRows(writer, sighting);
  tell(writer, sighting, sighting.at);
}

function tell(writer: LedgerWriter, { store, at, events }: Sighting, now: number): void {
  for (let first = 0; first === 0 || first < events.length; first += eventsPerEntry) {
    const body = { store, at, events: events.slice(first, first + eventsPerEntry) };
    appendEntry(writer, { at: now, kind: sightingKind, body });
  }
}

function insertRows(writer: LedgerWriter, { store, at, events }: Sighting): void {
  writer.run(
    'INSERT INTO syncs SELECT NULL, ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM syncs WHERE store = ?1 AND at = ?2)',
    [store, at],
  );
  for (const event of events) {
    writer.run('INSERT INTO sync_events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)', [store, at, ...event]);
  }
}

/** Rows of an entry of another copy of the journal. */
export function keepSighting(writer: LedgerWriter, { body }: JournalEntry): void {
  insertRows(writer, wireSighting.parse(JSON.parse(body)));
}

/** Tells the journal of the syncs of a ledger whose journal did not tell of them yet. */
export function tellOfEarlierSyncs(writer: LedgerWriter, now: number): void {
  for (const sighting of keptSightings(writer)) tell(writer, sighting, now);
}

const wireSync = z.object({ store: z.string(), at: z.int() });
const wireRow = wireSync.extend({
  name: z.string(),
  version: z.int(),
  kind: z.string(),
  what: z.string().nullable(),
  updated_at: z.int().nullable(),
});

function keptSightings(database: Pick<LedgerWriter, 'all'>): readonly Sighting[] {
  const sightings = new Map<string, Sighting>();
  for (const { store, at } of database.all(wireSync, 'SELECT store, at FROM syncs ORDER BY id')) {
    sightings.set(`${at} ${store}`, { store, at, events: [] });
  }
  const rows = database.all(
    wireRow,
    'SELECT store, at, name, version, kind, what, updated_at FROM sync_events ORDER BY id',
  );
  for (const { store, at, name, version, kind, what, updated_at } of rows) {
    const key = `${at} ${store}`;
    const sighting = sightings.get(key) ?? { store, at, events: [] };
    sighting.events.push([name, version, kind, what, updated_at]);
    sightings.set(key, sighting);
  }
  return [...sightings.values()];
}

/** What syncs saw against what the journal tells of it. */
export function checkSightings(
  database: Pick<LedgerWriter, 'all'>,
  entries: readonly JournalEntry[],
): readonly string[] {
  const problems: string[] = [];
  const kept = new Set(keptSightings(database).flatMap(linesOf));
  const told = new Set<string>();
  for (const { seq, kind, body } of entries) {
    if (kind !== sightingKind) continue;
    const sighting = wireSighting.safeParse(JSON.parse(body));
    for (const line of sighting.success ? linesOf(sighting.data) : [body]) {
      told.add(line);
      if (!kept.has(line)) problems.push(`entry ${seq} tells of a sighting that is gone: ${line}`);
    }
  }
  for (const line of kept) {
    if (!told.has(line))
      problems.push(`a sighting is kept that the journal does not tell of: ${line}`);
  }
  return problems;
}

/** One for the sync itself, one for each change. */
function linesOf({ store, at, events }: Sighting): readonly string[] {
  const sync = `${store} at ${new Date(at).toISOString()}`;
  return [sync, ...events.map((event) => `${sync} ${canonicalJson(event)}`)];
}

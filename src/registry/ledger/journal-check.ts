import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json.ts';
import { LineageError } from '../../base/errors.ts';
import type { JournalCheck, JournalEntry } from '../stamp-journal.ts';
import { checkChain, insertEntry, noHash, readEntries } from './journal.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import { checkSightings, keepSighting, sightingKind } from './sightings.ts';

const wireStampRow = z.object({
  at: z.int(),
  store: z.string(),
  run_id: z.string(),
  stamp: z.string(),
});
const wireTransitionRow = z.object({
  at: z.int(),
  name: z.string(),
  version: z.int(),
  kind: z.string(),
  what: z.string(),
});

/** The entries that the rows kept beside the journal stand for. */
function expectedEntries(database: Pick<LedgerWriter, 'all'>) {
  const stamps = database
    .all(wireStampRow, 'SELECT at, store, run_id, stamp FROM stamps ORDER BY id')
    .map(({ at, store, run_id, stamp }) => ({
      at,
      kind: 'stamp',
      body: { store, runId: run_id, stamp },
    }));
  const transitions = database
    .all(wireTransitionRow, 'SELECT at, name, version, kind, what FROM transitions ORDER BY id')
    .map(({ at, ...body }) => ({ at, kind: 'transition', body }));
  return [...stamps, ...transitions];
}

/** The journal against itself, and against what is kept beside it. */
export function checkJournal(database: Pick<LedgerWriter, 'all'>): JournalCheck {
  const entries = readEntries(database);
  const problems: string[] = [];
  const broken = checkChain(entries);
  if (broken !== undefined) problems.push(broken);
  const keyOf = (at: number, kind: string, body: string) => `${at} ${kind} ${body}`;
  const told = new Set(entries.map(({ at, kind, body }) => keyOf(at, kind, body)));
  const kept = new Set<string>();
  for (const { at, kind, body } of expectedEntries(database)) {
    const key = keyOf(at, kind, canonicalJson(body));
    kept.add(key);
    if (!told.has(key))
      problems.push(`a ${kind} is kept that the journal does not tell of: ${what(kind, body)}`);
  }
  for (const { seq, at, kind, body } of entries) {
    const isKeptBeside = kind === 'stamp' || kind === 'transition';
    if (isKeptBeside && !kept.has(keyOf(at, kind, body))) {
      problems.push(`entry ${seq} tells of a ${kind} that is gone`);
    }
  }
  problems.push(...checkSightings(database, entries));
  return { entries: entries.length, head: entries.at(-1)?.hash ?? noHash, problems };
}

function what(kind: string, body: object): string {
  if (kind === 'stamp' && 'runId' in body) return `run ${body.runId}`;
  return 'name' in body && 'version' in body ? `${body.name} version ${body.version}` : kind;
}

const wireStamp = z.object({ store: z.string(), runId: z.string(), stamp: z.string() });
const wireTransition = z.object({
  name: z.string(),
  version: z.int(),
  kind: z.string(),
  what: z.string(),
});

/**
 * Takes entries of another copy of the same journal that go on where this one ends.
 *
 * @returns how many were new
 * @throws LineageError JOURNAL_INVALID, JOURNAL_DIVERGES
 */
export function importEntries(
  writer: LedgerWriter,
  path: string,
  source: string,
  entries: readonly JournalEntry[],
): number {
  const broken = checkChain(entries);
  if (broken !== undefined) {
    throw new LineageError('JOURNAL_INVALID', { source, problem: broken });
  }
  const own = readEntries(writer);
  for (const [index, entry] of own.entries()) {
    const theirs = entries[index];
    if (theirs !== undefined && theirs.hash !== entry.hash) {
      throw new LineageError('JOURNAL_DIVERGES', { path, source, seq: entry.seq });
    }
  }
  const fresh = entries.slice(own.length);
  for (const entry of fresh) {
    insertEntry(writer, entry);
    if (entry.kind === 'stamp') {
      const { store, runId, stamp } = wireStamp.parse(JSON.parse(entry.body));
      writer.run('INSERT INTO stamps VALUES (NULL, ?, ?, ?, ?)', [entry.at, store, runId, stamp]);
    } else if (entry.kind === 'transition') {
      const { name, version, kind, what: to } = wireTransition.parse(JSON.parse(entry.body));
      writer.run('INSERT INTO transitions VALUES (NULL, ?, ?, ?, ?, ?)', [
        entry.at,
        name,
        version,
        kind,
        to,
      ]);
    } else if (entry.kind === sightingKind) keepSighting(writer, entry);
  }
  return fresh.length;
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ModelVersion, RegisteredModel } from '../model.ts';
import type { SightingChanges } from '../registry-past.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { SightedEvent } from './sightings.ts';
import { versionBody } from './wire-bodies.ts';

const modelName = z.object({ name: z.string() });
const storedVersion = z.object({
  name: z.string(),
  version: z.int(),
  body: z.string(),
  is_gone: z.int(),
});
const wireDigest = z.object({ digest: z.string() });

/** Of the models that were there at the last look. */
export function namesOf({ all }: Pick<LedgerWriter, 'all'>, store: string): readonly string[] {
  return all(modelName, 'SELECT name FROM sync_models WHERE store = ? ORDER BY name', [store]).map(
    ({ name }) => name,
  );
}

/**
 * Makes the copy what was seen at a moment, and says what that changed. Mostly it is what it was at the last look, and a registry has
 * many versions: so the digest of what is kept stays beside, with the moment of that look.
 *
 * @param last the moment of the last look
 */
export function keepListing(
  writer: LedgerWriter,
  store: string,
  models: readonly RegisteredModel[],
  { at, last }: { readonly at: number; readonly last: number | undefined },
): Moves {
  const digest = digestOf(models);
  const kept = noted(writer, 'listing', store, last);
  note(writer, 'listing', store, at, digest);
  return kept === digest ? nothingMoved : compare(writer, store, models);
}

/** Of a look that found what the last one had. */
export function keepStanding(
  writer: LedgerWriter,
  store: string,
  { at, last }: { readonly at: number; readonly last: number | undefined },
): Moves {
  const digest = noted(writer, 'listing', store, last);
  if (digest !== undefined) note(writer, 'listing', store, at, digest);
  return nothingMoved;
}

const nothingMoved: Moves = { events: [], changes: { newVersions: 0, moves: 0, gone: 0 } };

/** What a look left behind for the next one: `listing`, the digest of all that it saw; `fingerprint`, that of the registry. */
type NoteKind = 'listing' | 'fingerprint';

/** Undefined where the last look, at the moment given, was not the one that left it. */
export function noted(
  { all }: Pick<LedgerWriter, 'all'>,
  kind: NoteKind,
  store: string,
  last: number | undefined,
): string | undefined {
  const sql = 'SELECT digest FROM digests WHERE key = ?';
  const [kept] = all(wireDigest, sql, [`${kind} of ${store}`]);
  const moment = `${last} `;
  return kept?.digest.startsWith(moment) ? kept.digest.slice(moment.length) : undefined;
}

export function note(
  { run }: Pick<LedgerWriter, 'run'>,
  kind: NoteKind,
  store: string,
  at: number,
  text: string,
): void {
  run('INSERT OR REPLACE INTO digests VALUES (?, ?)', [`${kind} of ${store}`, `${at} ${text}`]);
}

/** One model after the other: all of a large registry may be more than a text can hold. */
function digestOf(models: readonly RegisteredModel[]): string {
  const hash = createHash('sha256');
  for (const model of models) hash.update(JSON.stringify(model));
  return hash.digest('hex');
}

export interface Moves {
  readonly events: SightedEvent[];
  readonly changes: Omit<SightingChanges, 'newRuns'>;
}

function compare(writer: LedgerWriter, store: string, models: readonly RegisteredModel[]): Moves {
  const { run, all } = writer;
  const parsed = (text: string) => versionBody.parse(JSON.parse(text));
  const changes = { newVersions: 0, moves: 0, gone: 0 };
  const stored = new Map(
    all(storedVersion, 'SELECT name, version, body, is_gone FROM sync_versions WHERE store = ?', [
      store,
    ]).map(({ name, version, body: text, is_gone }) => [
      `${name}/${version}`,
      { text, isGone: is_gone === 1 },
    ]),
  );
  const events: SightedEvent[] = [];
  const event = ({ name, version, updatedAt }: ModelVersion, kind: string, what: string | null) =>
    events.push([name, version, kind, what, updatedAt ?? null]);
  const seen = new Set<string>();
  for (const { name, description, versions } of models) {
    run('INSERT OR REPLACE INTO sync_models VALUES (?, ?, ?)', [store, name, description ?? null]);
    for (const version of versions) {
      const key = `${name}/${version.version}`;
      seen.add(key);
      const known = stored.get(key);
      const text = JSON.stringify(version);
      if (text === known?.text && !known.isGone) continue;
      const last = known === undefined || known.isGone ? undefined : parsed(known.text);
      // A model that was deleted and made again counts from 1 again: the number is the same, the version another.
      const isRemade = last !== undefined && last.createdAt !== version.createdAt;
      if (isRemade) {
        changes.gone += 1;
        event(last, 'gone', null);
      }
      const before = isRemade ? undefined : last;
      if (before === undefined) {
        event(version, 'seen', null);
        changes.newVersions += 1;
      }
      if ((before?.stage ?? 'None') !== (version.stage ?? 'None') || before === undefined) {
        event(version, 'stage', version.stage ?? 'None');
        if (before !== undefined) changes.moves += 1;
      }
      for (const alias of version.aliases) {
        if (before?.aliases.includes(alias)) continue;
        event(version, 'alias', alias);
        if (before !== undefined) changes.moves += 1;
      }
      for (const alias of before?.aliases ?? []) {
        if (!version.aliases.includes(alias)) event(version, 'alias-lost', alias);
      }
      run('INSERT OR REPLACE INTO sync_versions VALUES (?, ?, ?, ?, ?, 0)', [
        store,
        name,
        version.version,
        version.runId ?? null,
        text,
      ]);
    }
  }
  for (const [key, { text, isGone }] of stored) {
    if (isGone || seen.has(key)) continue;
    const version = parsed(text);
    changes.gone += 1;
    event(version, 'gone', null);
    run('UPDATE sync_versions SET is_gone = 1 WHERE store = ? AND name = ? AND version = ?', [
      store,
      version.name,
      version.version,
    ]);
  }
  const left = new Set(models.map(({ name }) => name));
  for (const name of namesOf(writer, store)) {
    if (!left.has(name)) run('DELETE FROM sync_models WHERE store = ? AND name = ?', [store, name]);
  }
  return { events, changes };
}

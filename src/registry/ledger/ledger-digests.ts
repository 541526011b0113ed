import { z } from 'zod';
import type { DigestCache } from '../digest-cache.ts';
import type { LedgerDatabase } from './database.ts';

const row = z.object({ key: z.string(), digest: z.string() });
const keysAtOnce = 250;
const byKeys = `SELECT key, digest FROM digests WHERE key IN (${new Array(keysAtOnce).fill('?').join(', ')})`;

export function ledgerDigests(database: LedgerDatabase): DigestCache {
  return {
    async find(keys) {
      const found = new Map<string, string>();
      for (let first = 0; first < keys.length; first += keysAtOnce) {
        const some = keys.slice(first, first + keysAtOnce);
        // Always as many, so that the statement is prepared once: no key is empty.
        const padded = [...some, ...new Array<string>(keysAtOnce - some.length).fill('')];
        for (const { key, digest } of database.all(row, byKeys, padded)) found.set(key, digest);
      }
      return found;
    },
    keep: async (digests) =>
      database.write((run) => {
        for (const [key, digest] of digests) {
          run('INSERT OR REPLACE INTO digests VALUES (?, ?)', [key, digest]);
        }
      }),
  };
}

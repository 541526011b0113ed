import { z } from 'zod';
import type { DigestCache } from '../digest-cache.ts';
import { anyKey, pagesOf } from './by-keys.ts';
import type { LedgerDatabase } from './database.ts';

const row = z.object({ key: z.string(), digest: z.string() });
const byKeys = `SELECT key, digest FROM digests WHERE key IN ${anyKey}`;

export function ledgerDigests(database: LedgerDatabase): DigestCache {
  return {
    async find(keys) {
      const found = new Map<string, string>();
      for (const page of pagesOf(keys)) {
        for (const { key, digest } of database.all(row, byKeys, page)) found.set(key, digest);
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

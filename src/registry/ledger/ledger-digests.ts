import { z } from 'zod';
import type { DigestCache } from '../digest-cache.ts';
import type { LedgerDatabase } from './database.ts';

const row = z.object({ digest: z.string() });

export function ledgerDigests(database: LedgerDatabase): DigestCache {
  return {
    async find(keys) {
      const found = new Map<string, string>();
      for (const key of keys) {
        const [known] = database.all(row, 'SELECT digest FROM digests WHERE key = ?', [key]);
        if (known !== undefined) found.set(key, known.digest);
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

import type { z } from 'zod';

type Value = string | number | null;

/** The ledger in the middle of a transaction. */
export interface LedgerWriter {
  run(sql: string, values?: readonly Value[]): void;
  all<T>(row: z.ZodType<T>, sql: string, values?: readonly Value[]): readonly T[];
}

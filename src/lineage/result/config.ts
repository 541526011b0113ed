import { z } from 'zod';
import { schemaVersion } from './parts.ts';

const setting = z.strictObject({
  name: z.string(),
  /** null: not set. Never a secret. */
  value: z.string().nullable(),
  from: z.string(),
});

/** What asof works with, and where each part comes from. */
export const configResult = z.strictObject({
  schemaVersion,
  asof: z.string(),
  file: z.string().nullable(),
  settings: z.array(setting),
});

export type ConfigResult = z.infer<typeof configResult>;

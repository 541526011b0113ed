import { z } from 'zod';
import { schemaVersion } from './parts.ts';

const check = z.strictObject({
  /** What was compared: the stamp with the ledger's copy, the log with the stamp, files with the log, content and rows with earlier ones. */
  level: z.enum(['stamp', 'log', 'files', 'content', 'rows', 'manifest']),
  /** `features: analytics.customer_features@v47`, or a folder. */
  subject: z.string(),
  outcome: z.enum(['same', 'differs', 'unknown']),
  /** What was looked at, or why nothing could be. */
  note: z.string(),
  /** Each difference by name. */
  differences: z.array(z.string()),
  /** It is not the same, and a hold, which is, stands for it. */
  isHeld: z.literal(true).exactOptional(),
});

/** Whether data is still what was stamped or written. */
export const verifyResult = z.strictObject({
  schemaVersion,
  what: z.string(),
  checks: z.array(check),
  /** No check differs. */
  isSame: z.boolean(),
});

export type VerifyResult = z.infer<typeof verifyResult>;
export type VerifyCheck = VerifyResult['checks'][number];

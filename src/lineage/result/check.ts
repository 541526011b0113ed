import { z } from 'zod';
import { modelVersion, schemaVersion, warning } from './parts.ts';

/** What a promotion can be made to depend on. */
export const requirementNames = ['stamp', 'readable', 'verified', 'validation'] as const;

/** One model version, and what was required of it. */
export const checkLine = z.strictObject({
  schemaVersion,
  model: modelVersion.extend({ name: z.string().nullable(), version: z.int().nullable() }),
  /** All that was required holds. */
  isPassed: z.boolean(),
  requirements: z.array(
    z.strictObject({
      name: z.enum(requirementNames),
      isMet: z.boolean(),
      /** What is missing, or what meets it, in words. */
      why: z.string(),
    }),
  ),
  warnings: z.array(warning),
});

export type CheckLine = z.infer<typeof checkLine>;
export type RequirementName = (typeof requirementNames)[number];

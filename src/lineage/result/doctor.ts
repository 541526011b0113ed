import { z } from 'zod';
import { modelVersion, schemaVersion } from './parts.ts';

export const findingCodes = [
  'RUN_GONE',
  'RUN_DELETED',
  'MODEL_WITHOUT_RUN',
  'RUNS_DIFFER',
  'NOTHING_RECORDED',
  'STAMP_GONE',
  'STAMP_INVALID',
  'STAMP_EDITED',
  'INPUT_LOST',
  'VERSION_LOST',
  'RECORDS_CONFLICT',
  'VERSION_DOUBTFUL',
  'VALUE_TRUNCATED',
  'TABLE_UNRESOLVED',
  'DATA_UNREADABLE',
  'STAGE_SHARED',
  'ALIAS_DISAGREES',
  'NOTE_MISSING',
] as const;

/** One thing that is wrong with the data records of a model version. */
export const doctorLine = z.strictObject({
  schemaVersion,
  code: z.enum(findingCodes),
  /** `wrong`: an answer would be missing or false. `notice`: it can be better. */
  severity: z.enum(['wrong', 'notice']),
  model: modelVersion,
  what: z.string(),
  repair: z.string(),
  /** `--fix` does it, and nothing that somebody wrote is lost by it. */
  isFixable: z.boolean(),
  /** Whether it could be done; null where it was not tried. */
  isFixed: z.boolean().nullable(),
});

export type Finding = z.infer<typeof doctorLine>;
export type FindingCode = (typeof findingCodes)[number];

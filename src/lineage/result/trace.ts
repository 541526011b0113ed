import { z } from 'zod';
import { evidenceKinds, instant, modelVersion, readSpec, schemaVersion, warning } from './parts.ts';

const evidence = z.strictObject({
  kind: z.enum(evidenceKinds),
  /** Where it stands: "tag asof.stamp". */
  where: z.string(),
  /** null: it names the table and no version. That is unknown, neither 0 nor the latest. */
  version: z.int().nullable(),
});

/** Whether the version can still be read, decided from log and storage. */
export const readableStates = [
  'readable',
  'refused',
  'log-lost',
  'files-lost',
  'replaced',
  'unknown',
] as const;

/** What Great Expectations said of the data, as stamped; never a value of it. */
const validation = z.strictObject({
  suite: z.string(),
  success: z.boolean(),
  evaluated: z.int(),
  successful: z.int(),
  unsuccessful: z.int(),
  ranAt: instant.nullable(),
  /** The version of Great Expectations. */
  gx: z.string().nullable(),
  failed: z.array(z.strictObject({ expectation: z.string(), column: z.string().nullable() })),
  stampedAt: instant,
});

const link = z.strictObject({
  alias: z.string(),
  table: z.strictObject({
    ref: z.string(),
    id: z.string().nullable(),
    location: z.string().nullable(),
  }),
  /** null when certainty is unknown. */
  version: z.int().nullable(),
  committedAt: instant.nullable(),
  operation: z.string().nullable(),
  certainty: z.enum(['stamped', 'recorded', 'inferred', 'conflicting', 'unknown']),
  /** 0 to 1: an order, not a probability. */
  confidence: z.number().min(0).max(1),
  /** What the certainty rests on, in words. */
  why: z.string(),
  evidence: z.array(evidence),
  /** What disagrees with the version given, or can't be true. */
  conflicts: z.array(z.string()),
  candidates: z.array(z.strictObject({ version: z.int(), why: z.string() })),
  state: z.enum(readableStates),
  /** What is behind the state, where there is more to say. */
  stateReason: z.string().nullable(),
  /** When the state can get worse under the table's own settings; null: not as the table stands, or nobody can tell. `asof status` says more. */
  until: instant.nullable(),
  /** The folder of a sound hold of the version, a Delta table whose version 0 it is. */
  hold: z.string().nullable(),
  digest: z.string().nullable(),
  rows: z.int().nullable(),
  read: readSpec.nullable(),
  /** Only what was bound to this very version and read specification; absent where there is none. */
  validations: z.array(validation).exactOptional(),
});

/** One model version (or logged model, or run) and the table versions that trained it. */
export const traceResult = z.strictObject({
  schemaVersion,
  model: modelVersion.extend({
    /** null where a run or an unnamed logged model was asked for. */
    name: z.string().nullable(),
    version: z.int().nullable(),
    loggedModelId: z.string().nullable(),
  }),
  run: z
    .strictObject({
      name: z.string().nullable(),
      status: z.string(),
      startedAt: instant.nullable(),
      endedAt: instant.nullable(),
      page: z.string().nullable(),
    })
    .nullable(),
  code: z
    .strictObject({
      commit: z.string(),
      isDirty: z.boolean().exactOptional(),
      remote: z.string().exactOptional(),
    })
    .nullable(),
  /** Only where a moment of the past was asked for: how it is known that the model stood there then. */
  on: z
    .strictObject({
      asked: instant,
      known: z.enum(['recorded', 'observed', 'between', 'last-seen', 'timestamps']),
      why: z.string(),
    })
    .exactOptional(),
  links: z.array(link),
  warnings: z.array(warning),
});

export type TraceResult = z.infer<typeof traceResult>;
export type Link = TraceResult['links'][number];
export type ReadableState = (typeof readableStates)[number];

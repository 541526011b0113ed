import { backfillLine } from './backfill.ts';
import { checkLine } from './check.ts';
import { configResult } from './config.ts';
import { doctorLine } from './doctor.ts';
import { errorResult } from './error.ts';
import { historyLine } from './history.ts';
import { impactResult } from './impact.ts';
import { lineageResult } from './lineage.ts';
import { manifestSchema } from './manifest.ts';
import { modelLine } from './models.ts';
import { pinResult } from './pin.ts';
import { rehydrateResult } from './rehydrate.ts';
import { runResult } from './run.ts';
import { showResult } from './show.ts';
import { stampResult } from './stamp.ts';
import { syncResult } from './sync.ts';
import { traceResult } from './trace.ts';

/**
 * The shape of everything that asof prints or writes as JSON, by the command that prints it; `models` is also that of `model …`, `error`
 * that of any failure (on stderr), `manifest` that of `_asof.json`. The package holds each as JSON Schema: `asof/schemas/trace.json`.
 */
export const resultSchemas = {
  backfill: backfillLine,
  check: checkLine,
  config: configResult,
  doctor: doctorLine,
  error: errorResult,
  history: historyLine,
  impact: impactResult,
  lineage: lineageResult,
  manifest: manifestSchema,
  models: modelLine,
  pin: pinResult,
  rehydrate: rehydrateResult,
  run: runResult,
  show: showResult,
  stamp: stampResult,
  sync: syncResult,
  trace: traceResult,
} as const;

import { backfillLine } from './backfill.ts';
import { checkLine } from './check.ts';
import { configResult } from './config.ts';
import { copyResult } from './copy.ts';
import { digestResult } from './digest.ts';
import { doctorLine } from './doctor.ts';
import { errorResult } from './error.ts';
import { guardResult } from './guard.ts';
import { historyLine } from './history.ts';
import { holdLine } from './hold.ts';
import { impactResult } from './impact.ts';
import { journalLine, ledgerResult } from './ledger.ts';
import { lineageResult } from './lineage.ts';
import { manifestSchema } from './manifest.ts';
import { modelLine } from './models.ts';
import { pinResult } from './pin.ts';
import { rehydrateResult } from './rehydrate.ts';
import { runResult } from './run.ts';
import { showResult } from './show.ts';
import { stampResult } from './stamp.ts';
import { statusLine } from './status.ts';
import { syncResult } from './sync.ts';
import { traceResult } from './trace.ts';
import { verifyResult } from './verify.ts';

/**
 * The shape of everything that asof prints or writes as JSON, by the command that prints it; `models` is also that of `model …`, `copy`
 * that of `rehydrate --into`, `error` that of any failure (on stderr), `manifest` that of `_asof.json`, `journal` that of `ledger export`.
 * The package holds each as JSON Schema: `asof/schemas/trace.json`.
 */
export const resultSchemas = {
  backfill: backfillLine,
  check: checkLine,
  config: configResult,
  copy: copyResult,
  digest: digestResult,
  doctor: doctorLine,
  error: errorResult,
  guard: guardResult,
  history: historyLine,
  hold: holdLine,
  holds: holdLine,
  journal: journalLine,
  ledger: ledgerResult,
  impact: impactResult,
  lineage: lineageResult,
  manifest: manifestSchema,
  models: modelLine,
  pin: pinResult,
  rehydrate: rehydrateResult,
  release: holdLine,
  run: runResult,
  show: showResult,
  stamp: stampResult,
  status: statusLine,
  sync: syncResult,
  trace: traceResult,
  verify: verifyResult,
} as const;

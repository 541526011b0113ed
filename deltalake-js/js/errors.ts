/**
 * Every failure of this package: what happened, from typed details. The codes that come out of the
 * WebAssembly module are those of `src/error.rs`; the words are here for all of them.
 */
const catalogue = {
  TABLE_NOT_FOUND: () =>
    'There is no Delta table here: _delta_log is missing, or nothing is in it.',
  VERSION_NOT_FOUND: (d: { version: number; earliest?: number; latest: number }) =>
    d.earliest === undefined
      ? `Version ${d.version} is not in the log, which goes up to ${d.latest}.`
      : `Version ${d.version} can't be rebuilt from the log: versions ${d.earliest} to ${d.latest} can.`,
  LOG_GAP: (d: { first: number; last: number }) =>
    d.first === d.last
      ? `Commit ${d.first} is missing from the log.`
      : `Commits ${d.first} to ${d.last} are missing from the log.`,
  LOG_DAMAGED: (d: { path: string; line?: number; problem: string }) =>
    `${d.path}${d.line === undefined ? '' : `, line ${d.line},`} can't be read: ${d.problem}.`,
  CHECKPOINT_DAMAGED: (d: { path: string; problem: string }) =>
    `The checkpoint ${d.path} can't be read: ${d.problem}.`,
  CHECKPOINT_INCOMPLETE: (d: { version: number; missing: readonly number[]; parts: number }) =>
    `The checkpoint at version ${d.version} lacks part ${d.missing.join(', ')} of ${d.parts}.`,
  FEATURE_UNSUPPORTED: (d: { features: readonly string[] }) =>
    `The table needs what this reader doesn't know: ${d.features.join(', ')}.`,
  DELETION_VECTOR_DAMAGED: (d: { path: string; problem: string }) =>
    `The deletion vector in ${d.path} can't be read: ${d.problem}.`,
  FILE_MISSING: (d: { path: string }) => `The log names ${d.path}, which is not there.`,
  KERNEL_ERROR: (d: { problem: string }) => `The Delta kernel refused: ${d.problem}.`,
  KERNEL_PANIC: (d: { problem: string }) =>
    `The Delta kernel stopped, on a damaged table or by a bug: ${d.problem}.`,
} as const;

type Catalogue = typeof catalogue;
export type DeltaLogErrorCode = keyof Catalogue;
export type DeltaLogErrorDetails<C extends DeltaLogErrorCode> =
  Parameters<Catalogue[C]> extends [infer Details] ? Details : Readonly<Record<string, never>>;

const brand = Symbol.for('deltalake-js.error');

/** What a table, its log or its reader can't do. What a store rejects with passes as it is. */
export class DeltaLogError<C extends DeltaLogErrorCode = DeltaLogErrorCode> extends Error {
  override readonly name = 'DeltaLogError';
  readonly [brand] = true;
  readonly code: C;
  /** The facts in the message, so that a caller never parses it. */
  readonly details: DeltaLogErrorDetails<C>;

  constructor(code: C, details: DeltaLogErrorDetails<C>, options?: ErrorOptions) {
    const message = catalogue[code] as unknown as (details: DeltaLogErrorDetails<C>) => string;
    super(message(details), options);
    this.code = code;
    this.details = details;
  }
}

/** Works across two copies of this package, where `instanceof` does not. */
export function isDeltaLogError<C extends DeltaLogErrorCode = DeltaLogErrorCode>(
  error: unknown,
  code?: C,
): error is DeltaLogError<C> {
  if (!(error instanceof Error && brand in error)) return false;
  return code === undefined || (error as DeltaLogError).code === code;
}

export function isDeltaLogErrorCode(code: unknown): code is DeltaLogErrorCode {
  return typeof code === 'string' && Object.hasOwn(catalogue, code);
}

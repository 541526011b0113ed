/** One row by the names of the statement's columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** What asof asks of a SQL warehouse, whoever speaks to it. */
export interface SqlSession {
  /** `host`, for messages. */
  readonly title: string;
  /**
   * For small answers.
   *
   * @throws LineageError LOGIN_REFUSED, WAREHOUSE_NOT_FOUND, SERVER_UNREACHABLE, SERVER_REFUSED, …; SqlFailure for what the SQL meets
   */
  query(sql: string, options?: SqlOptions): Promise<readonly SqlRow[]>;
  /** The rows in batches, one in memory at a time. Leaving the loop cancels the statement. */
  stream(sql: string, options?: SqlOptions): AsyncIterable<readonly SqlRow[]>;
  close(): Promise<void>;
}

export interface SqlOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What the warehouse said to a statement. */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure';
  /** `DELTA_VERSION_NOT_FOUND`, with its sub-class behind a dot where it has one; undefined where the text names none. */
  readonly errorClass: string | undefined;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorClass = /^\[([A-Z][A-Z0-9_.]*)\]/.exec(message)?.[1];
  }
}

export function isSqlFailure(error: unknown, errorClass?: RegExp): error is SqlFailure {
  if (!(error instanceof SqlFailure)) return false;
  return errorClass === undefined || errorClass.test(error.errorClass ?? '');
}

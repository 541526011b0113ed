import type { Selection } from './read-spec.ts';
import type { CallOptions } from './snapshot.ts';
import type { TableName } from './table-ref.ts';

/**
 * How a copy comes to be. `rows`: the selected rows are written anew, by CREATE TABLE AS SELECT. `deep`: all files are copied, with the
 * table's properties. `shallow`: nothing is copied, the copy points at the files of its source.
 */
export const copyKinds = ['rows', 'deep', 'shallow'] as const;
export type CopyKind = (typeof copyKinds)[number];

export interface CopyRequest {
  readonly version: number;
  readonly into: Extract<TableName, { readonly kind: 'name' }>;
  readonly kind: CopyKind;
  readonly selection?: Selection;
}

/** What would be done, and has been checked as far as that goes without doing it. */
export interface CopyPlan {
  readonly source: string;
  readonly version: number;
  readonly target: string;
  readonly into: CopyRequest['into'];
  readonly kind: CopyKind;
  /** As it is sent. */
  readonly statement: string;
  /** Stands on the copy, so that it is known again. */
  readonly mark: string;
  /** The very copy that is wanted is there already. */
  readonly isThere: boolean;
  /** What to know before. */
  readonly risks: readonly string[];
}

export interface Copied {
  readonly tableId: string;
  readonly location?: string;
  readonly rows: number;
  /** It was there already, made by the same request. */
  readonly wasThere: boolean;
}

/** Copies of a version that the table's engine makes where the table is; no row passes through this process. */
export interface TableCopies {
  /**
   * @throws LineageError TARGET_EXISTS where anything but that very copy has the name; COPY_UNSUPPORTED, VERSION_TOO_NEW, VERSION_REFUSED, COLUMN_UNKNOWN, FILTER_INVALID, …
   */
  plan(request: CopyRequest, options?: CallOptions): Promise<CopyPlan>;
  /**
   * Does it, unless it was done before: who was stopped asks again. A target that came to be meanwhile is left alone; what was begun when it fails is the engine's to undo, and it does.
   *
   * @throws LineageError TARGET_EXISTS, FILES_MISSING, WAREHOUSE_REFUSED, …
   */
  make(plan: CopyPlan, options?: CallOptions): Promise<Copied>;
  /**
   * Removes a copy, if it is still the table that was made; one that is gone already is no failure.
   *
   * @throws LineageError TABLE_REPLACED, WAREHOUSE_REFUSED, …
   */
  drop(copy: CopyRequest['into'], tableId: string, options?: CallOptions): Promise<void>;
}

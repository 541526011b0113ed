import type { EvidenceSources, GatherOptions } from './gather-evidence.ts';
import type { Suspect } from './suspected-links.ts';

export interface TraceSources extends EvidenceSources {}

export interface TraceOptions extends GatherOptions {
  /** Tables that a run without any record of one may have read: named by the user, or known from the settings. */
  readonly suspects?: readonly Suspect[];
  /** Epoch milliseconds. */
  readonly now: number;
}

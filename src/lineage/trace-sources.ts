import type { RegistryPast } from '../registry/registry-past.ts';
import type { EvidenceSources } from './gather-evidence.ts';
import type { GatherOptions } from './recorder-evidence.ts';
import type { Suspect } from './suspected-links.ts';
import type { Hold } from './wire-hold.ts';

export interface TraceSources extends EvidenceSources {
  /** Versions that are kept for good, and stand in where the original is lost. */
  readonly holds?: readonly Hold[];
}

export interface TraceOptions extends GatherOptions {
  /** Tables that a run without any record of one may have read: named by the user, or known from the settings. */
  readonly suspects?: readonly Suspect[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** Asks what stood in a stage or under an alias at this moment, instead of now. */
  readonly on?: number | undefined;
  readonly past?: RegistryPast;
}

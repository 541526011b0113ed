/** Remembers what took time to work out, by what it was worked out from. Losing it costs that time again, nothing else. */
export interface DigestCache {
  /** Those of the keys that are known. */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  keep(digests: ReadonlyMap<string, string>): Promise<void>;
}

import { doubt } from '../doubt.ts';
import { decodeRuns } from './runs.ts';
import { latin1 } from './values.ts';

/** How deep each entry of a page is there, or whether it begins a row. */
export interface Levels {
  readonly entries: Uint8Array;
  /** How many entries there are of each level, up to the highest that occurs. */
  readonly counts: readonly number[];
}

/** Levels that were decoded, by what they were decoded from: most columns of a file have the same ones. */
export type KnownLevels = Map<string, Levels>;

/** Bytes. */
const longestKnown = 64;

/** Decodes as many levels as told, none higher than told. */
export function decodeLevels(
  bytes: Uint8Array,
  highest: number,
  size: number,
  known: KnownLevels,
): Levels {
  const width = 32 - Math.clz32(highest);
  const key = bytes.length <= longestKnown ? `${width} ${size} ${latin1(bytes)}` : undefined;
  let levels = key === undefined ? undefined : known.get(key);
  if (!levels) {
    const entries = new Uint8Array(size);
    decodeRuns(bytes, width, entries);
    levels = { entries, counts: countsOf(entries) };
    if (key !== undefined) known.set(key, levels);
  }
  return levels.counts.length <= highest + 1 ? levels : doubt();
}

/** One after the other. */
export function joined(parts: readonly Levels[]): Levels {
  const [first, ...others] = parts;
  if (first && others.length === 0) return first;
  const entries = new Uint8Array(parts.reduce((sum, { entries }) => sum + entries.length, 0));
  let end = 0;
  for (const part of parts) {
    entries.set(part.entries, end);
    end += part.entries.length;
  }
  return { entries, counts: countsOf(entries) };
}

function countsOf(entries: Uint8Array): number[] {
  const counts: number[] = [];
  for (let place = 0; place < entries.length; place += 1) {
    const level = entries[place] as number;
    while (counts.length <= level) counts.push(0);
    counts[level] = (counts[level] as number) + 1;
  }
  return counts;
}

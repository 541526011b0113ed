/** Chance that is the same each time for the same seed. */
export interface Chance {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True this often, from 0 to 1. */
  happens(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Each item with the given probability, in order. */
  some<T>(items: readonly T[], probability: number): readonly T[];
}

/** Source: mulberry32, by Tommy Ettinger (public domain). */
export function seeded(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const happens = (probability: number) => next() < probability;
  return {
    below,
    happens,
    pick(items) {
      if (items.length === 0) throw new TypeError('there is nothing to pick from');
      return items[below(items.length)] as (typeof items)[number];
    },
    some: (items, probability) => items.filter(() => happens(probability)),
  };
}

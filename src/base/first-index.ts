/** The first of `count` places, in the order of which a condition only ever begins to hold, where it does; `count` where it never does. */
export function firstIndex(count: number, holds: (index: number) => boolean): number {
  let [low, end] = [0, count];
  while (low < end) {
    const middle = (low + end) >> 1;
    if (holds(middle)) end = middle;
    else low = middle + 1;
  }
  return low;
}

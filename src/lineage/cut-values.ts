/** Lengths at which MLflow servers cut, by what they cut. */
const cuts = { param: new Set([250, 500, 6000]), tag: new Set([250, 500, 5000, 8000]) };

/** Whether a value is as long as MLflow lets it be, so that what was behind may be lost: it cuts without a word (3.17: params 6,000, tags 8,000). */
export function isMaybeCut(kind: 'param' | 'tag', value: string): boolean {
  return cuts[kind].has([...value].length);
}

const keysAtOnce = 250;

/** What stands in a statement behind `IN`, for keys of `pagesOf`. */
export const anyKey = `(${new Array(keysAtOnce).fill('?').join(', ')})`;

/** Keys in pages, each as long, so that a statement about one is prepared once: no key is empty, and an empty one fills up. */
export function pagesOf(keys: readonly string[]): readonly (readonly string[])[] {
  const pages: string[][] = [];
  for (let first = 0; first < keys.length; first += keysAtOnce) {
    const page = keys.slice(first, first + keysAtOnce);
    pages.push([...page, ...new Array<string>(keysAtOnce - page.length).fill('')]);
  }
  return pages;
}

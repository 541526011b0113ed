/**
 * Runs an asynchronous function over items, a bounded number at a time; results come in the order of the items.
 * The first failure stops the start of further ones and is thrown.
 */
export async function mapParallel<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T, index: number) => Promise<R>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let hasFailed = false;
  const worker = async () => {
    while (next < items.length && !hasFailed) {
      options.signal?.throwIfAborted();
      const index = next++;
      try {
        results[index] = await map(items[index] as T, index);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

import { LineageError } from '../../base/errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/**
 * What a search finds, a page in memory at a time.
 *
 * @param route the search, for messages: `GET model-versions/search`
 * @param ask for the page of a token; the first has none
 */
export async function* pages<T>(
  route: string,
  ask: (token: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, void> {
  let token: string | undefined;
  do {
    const page = await ask(token);
    yield* page.items;
    if (page.next !== undefined && page.next === token) {
      const problem = `It answers page after page with the same next_page_token, ${token}.`;
      throw new LineageError('UNEXPECTED_RESPONSE', { source: route, problem });
    }
    token = page.next;
  } while (token !== undefined);
}

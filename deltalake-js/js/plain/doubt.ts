/** What is read is not what most tables have, or is damaged: the kernel has the word. */
class Doubt extends Error {}

export function doubt(): never {
  throw new Doubt('not plain');
}

/** What the reading gives; undefined where it came to a doubt, or to the end of the bytes before it was through. */
export function unlessInDoubt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Doubt || error instanceof RangeError) return undefined;
    throw error;
  }
}

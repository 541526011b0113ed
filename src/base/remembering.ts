/** A pure function of a text that is asked about the same few texts again and again; forgets all of them when they get many. */
export function remembering<T>(of: (text: string) => T, most = 1000): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (known.has(text)) return known.get(text) as T;
    if (known.size >= most) known.clear();
    const found = of(text);
    known.set(text, found);
    return found;
  };
}

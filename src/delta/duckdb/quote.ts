/** A name as DuckDB's SQL writes it, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal of DuckDB's SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** DuckDB takes `*`, `?` and `[` in a path for a pattern. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

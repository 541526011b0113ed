/** A name as Spark's SQL writes it, whatever it holds. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A name of several parts. */
export function quoteTableName(parts: readonly string[]): string {
  return parts.map(quoteName).join('.');
}

/** A text literal that stands for itself whether or not backslashes escape in the session. */
export function quoteText(text: string): string {
  if (!/[\\'\p{Cc}]/u.test(text)) return `'${text}'`;
  return `decode(X'${Buffer.from(text, 'utf8').toString('hex')}', 'UTF-8')`;
}

/**
 * A table at a version. Spark takes neither as a parameter there, so nothing but a quoted name and a whole number may come here.
 */
export function atVersion(parts: readonly string[], version: number): string {
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new TypeError(`a version is a whole number from 0 on, not ${version}`);
  }
  return `${quoteTableName(parts)} VERSION AS OF ${version}`;
}

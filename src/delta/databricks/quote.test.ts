import { describe, expect, test } from 'vitest';
import { atVersion, quoteTableName, quoteText } from './quote.ts';

describe('what becomes part of a statement', () => {
  test('names are quoted whatever they hold', () => {
    expect(quoteTableName(['main', 'a`; DROP TABLE x; --', 't'])).toBe(
      '`main`.`a``; DROP TABLE x; --`.`t`',
    );
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53, '1; DROP TABLE x' as unknown as number])(
    '%s is no version',
    (version) => {
      expect(() => atVersion(['t'], version)).toThrow(TypeError);
    },
  );

  test('version 0 is one', () => {
    expect(atVersion(['s', 't'], 0)).toBe('`s`.`t` VERSION AS OF 0');
  });

  test('text with quotes or backslashes travels as bytes', () => {
    expect(quoteText('|')).toBe("'|'");
    expect(quoteText("it's")).toBe("decode(X'69742773', 'UTF-8')");
    expect(quoteText('\\')).toBe("decode(X'5c', 'UTF-8')");
  });
});

import { LineageError } from '../../base/errors.ts';
import type { DeltaField, DeltaType } from '../schema.ts';

/** A type as it was declared, as far as it matters here. */
type Declared =
  | { readonly kind: 'char'; readonly length: number }
  | { readonly kind: 'array' | 'map' | 'struct'; readonly inner: readonly Declared[] }
  | { readonly kind: 'other' };

/**
 * A column with the lengths of what was declared as CHAR. Delta knows strings only: Spark keeps the declared type beside them, as text
 * that nobody changes with the column, and finds its way through it by position.
 *
 * Source: Spark 4.2, `CharVarcharUtils`.
 *
 * @throws LineageError FEATURE_UNSUPPORTED where that text is not one of the column's type: Spark can't read the column either
 */
export function withCharLengths(table: string, field: DeltaField): DeltaField {
  const text = field.metadata['__CHAR_VARCHAR_TYPE_STRING'];
  if (typeof text !== 'string' || !/(?<!var)char\(/i.test(text)) return field;
  const declared = parseDeclared(text);
  const type = declared && withLengths(field.type, declared);
  if (type !== undefined) return { ...field, type };
  const features = [`CHAR (column ${field.name} was declared as ${text}, and is something else)`];
  throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
}

function withLengths(type: DeltaType, declared: Declared): DeltaType | undefined {
  if (declared.kind === 'other') return type;
  if (declared.kind === 'char') {
    const isText = type.kind === 'primitive' && type.name === 'string';
    return isText ? { ...type, charLength: declared.length } : undefined;
  }
  if (declared.kind !== type.kind) return;
  const { inner } = declared;
  const at = (place: number, own: DeltaType) => {
    const one = inner[place];
    return one && withLengths(own, one);
  };
  switch (type.kind) {
    case 'array': {
      const element = at(0, type.element);
      return element && { ...type, element };
    }
    case 'map': {
      const [key, value] = [at(0, type.key), at(1, type.value)];
      return key && value && { ...type, key, value };
    }
    case 'struct': {
      const fields = type.fields.flatMap((field, place) => {
        const own = at(place, field.type);
        return own ? [{ ...field, type: own }] : [];
      });
      const isWhole = fields.length === type.fields.length && fields.length === inner.length;
      return isWhole ? { ...type, fields } : undefined;
    }
  }
}

/** Reads `struct<x:char(3),y:array<varchar(2)>>`; undefined for what Spark can't read either. */
function parseDeclared(text: string): Declared | undefined {
  let at = 0;
  const take = (pattern: RegExp) => {
    const [found] = new RegExp(pattern, 'iy').exec(text.slice(at)) ?? [];
    at += found?.length ?? 0;
    return found;
  };
  const parse = (): Declared | undefined => {
    const kind = (['array', 'map', 'struct'] as const).find((name) => take(new RegExp(`${name}<`)));
    if (kind !== undefined) {
      const inner: Declared[] = [];
      while (take(/>/) === undefined) {
        if (inner.length > 0 && take(/,/) === undefined) return;
        if (kind === 'struct' && take(/\w+:/) === undefined) return;
        const one = parse();
        if (one === undefined) return;
        inner.push(one);
      }
      return { kind, inner };
    }
    const word = take(/[\w ]+(\([\d, ]*\))?/);
    if (word === undefined) return;
    const length = /^char\((\d+)\)$/i.exec(word)?.[1];
    return length === undefined ? { kind: 'other' } : { kind: 'char', length: Number(length) };
  };
  const declared = parse();
  return at === text.length ? declared : undefined;
}

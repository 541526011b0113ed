import { LineageError } from '../../base/errors.ts';
import type { DeltaType } from '../schema.ts';
import { localMicros } from './dialect.ts';
import { quoteName } from './quote.ts';

// How values come through the driver unharmed. By itself it cuts timestamps to milliseconds, and numbers inside of nested values to
// doubles; so those travel as counts and as text. Nested values are JSON arrays of texts, one in the other.

/** SQL that gives a column's value in the form that `decode` reads. */
export function encode(type: DeltaType, value: string): string {
  switch (type.kind) {
    case 'decimal':
      return `CAST(${value} AS STRING)`;
    case 'primitive':
      switch (type.name) {
        case 'date':
          return `unix_date(${value})`;
        case 'timestamp':
          return `unix_micros(${value})`;
        case 'timestamp_ntz':
          return localMicros(value);
        case 'string':
          // The driver drops a byte order mark that a text begins with.
          return `concat('=', ${value})`;
        case 'void':
          return 'CAST(NULL AS STRING)';
        default:
          return value;
      }
    default:
      return asText(type, value, 0);
  }
}

function asText(type: DeltaType, value: string, depth: number): string {
  const item = `asof_x${depth}`;
  switch (type.kind) {
    case 'decimal':
      return `CAST(${value} AS STRING)`;
    case 'primitive':
      if (type.name === 'binary') return `hex(${value})`;
      return type.name === 'string' ? value : `CAST(${encode(type, value)} AS STRING)`;
    case 'array':
      return `to_json(transform(${value}, ${item} -> ${asText(type.element, item, depth + 1)}))`;
    case 'map': {
      const key = asText(type.key, `${item}.key`, depth + 1);
      const inner = asText(type.value, `${item}.value`, depth + 1);
      return `to_json(transform(map_entries(${value}), ${item} -> to_json(array(${key}, ${inner}))))`;
    }
    case 'struct': {
      const members = type.fields.map((field) =>
        asText(field.type, `${value}.${quoteName(field.name)}`, depth),
      );
      return `CASE WHEN ${value} IS NOT NULL THEN to_json(array(${members.join(', ')})) END`;
    }
  }
}

/** A value as `RowBatch` promises it. */
export function decoder(type: DeltaType): (value: unknown) => unknown {
  const read = reader(type);
  return (value) => (value === null || value === undefined ? null : read(value));
}

function reader(type: DeltaType): (value: unknown) => unknown {
  switch (type.kind) {
    case 'decimal':
      return (value) => plainDecimal(String(value), type.scale);
    case 'primitive':
      switch (type.name) {
        case 'long':
        case 'timestamp':
        case 'timestamp_ntz':
          return exactInteger;
        case 'float':
          return (value) => Math.fround(Number(value));
        case 'double':
        case 'integer':
        case 'short':
        case 'byte':
        case 'date':
          return Number;
        case 'string':
          return (value) => String(value).slice(1);
        case 'binary':
          return (value) => (value instanceof Uint8Array ? value : unexpected('a BINARY', value));
        default:
          return (value) => value;
      }
    default:
      return textReader(type);
  }
}

function textReader(type: DeltaType): (value: unknown) => unknown {
  const nullable = (inner: DeltaType) => {
    const read = textReader(inner);
    return (value: unknown) => (value === null ? null : read(value));
  };
  switch (type.kind) {
    case 'array': {
      const item = nullable(type.element);
      return (value) => list(value).map(item);
    }
    case 'map': {
      const [key, inner] = [nullable(type.key), nullable(type.value)];
      return (value) =>
        list(value).map((entry) => {
          const [first, second] = list(entry);
          return [key(first), inner(second)];
        });
    }
    case 'struct': {
      const members = type.fields.map((field) => [field.name, nullable(field.type)] as const);
      return (value) => {
        const values = list(value);
        return Object.fromEntries(
          members.map(([name, read], index) => [name, read(values[index])]),
        );
      };
    }
    case 'primitive':
      if (type.name === 'binary')
        return (value) => new Uint8Array(Buffer.from(String(value), 'hex'));
      if (type.name === 'boolean') return (value) => value === 'true';
      if (type.name === 'string') return (value) => value;
      return reader(type);
    case 'decimal':
      return reader(type);
  }
}

function list(value: unknown): readonly unknown[] {
  // The driver reads what looks like JSON in some columns, and leaves it as text in others.
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return Array.isArray(parsed) ? parsed : unexpected('a nested value', value);
}

/** Whole numbers come as `bigint` or text; where they come as numbers, those beyond 2^53 would be others by now. */
function exactInteger(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  return unexpected('a BIGINT', value);
}

/** `1E-10` and `1.5` with all digits of the scale. */
function plainDecimal(text: string, scale: number): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? unexpected('a DECIMAL', text);
  const shift = Number(exponent) + scale - fraction.length;
  const digits = BigInt(whole + fraction);
  const unscaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  const padded = String(unscaled).padStart(scale + 1, '0');
  const point = padded.length - scale;
  const plain = scale === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
  return unscaled === 0n ? plain : sign + plain;
}

function unexpected(what: string, value: unknown): never {
  const problem = `${what} came as ${typeof value}: ${String(value).slice(0, 100)}`;
  throw new LineageError('UNEXPECTED_RESPONSE', { source: 'the warehouse', problem });
}

import { doubleText, floatText } from './java-numbers.ts';
import { Bytes, damaged, namesIn, partsOf } from './variant-bytes.ts';

/** Deeper than any writer goes; a damaged value could go on for ever. */
const deepest = 500;

/**
 * A variant as JSON, written as Spark 4 writes it with `to_json` in the time zone UTC: decimals with all their digits but zeros at
 * the end, dates, times, binary
 * and UUIDs as text.
 *
 * @throws Error `variant value: …` when the bytes are none
 */
export function variantJson(metadata: Uint8Array, value: Uint8Array): string {
  const { nameOf } = namesIn(new Bytes(metadata));
  // Every value in it takes a byte at least; more there are only where several are said to lie in the same place.
  return jsonAt(new Bytes(value), 0, { nameOf, depth: 0, left: { values: value.length || 1 } });
}

interface Reading {
  readonly nameOf: (id: number) => string;
  readonly depth: number;
  readonly left: { values: number };
}

function jsonAt(bytes: Bytes, start: number, reading: Reading): string {
  const { nameOf, depth, left } = reading;
  if (depth > deepest) throw damaged(`it is nested more than ${deepest} deep`);
  left.values -= 1;
  if (left.values < 0) throw damaged('its values overlap');
  const inner = { ...reading, depth: depth + 1 };
  const header = bytes.byte(start);
  const kind = header >> 2;
  switch (header & 3) {
    case 0:
      return primitive(bytes, start + 1, kind);
    case 1:
      return quoted(bytes.text(start + 1, kind));
    case 2: {
      const members = partsOf(bytes, start).parts.map(
        ({ id, at }) => `${quoted(nameOf(id))}:${jsonAt(bytes, at, inner)}`,
      );
      return `{${members.join(',')}}`;
    }
    default: {
      const items = partsOf(bytes, start).parts.map(({ at }) => jsonAt(bytes, at, inner));
      return `[${items.join(',')}]`;
    }
  }
}

function primitive(bytes: Bytes, at: number, kind: number): string {
  switch (kind) {
    case 0:
      return 'null';
    case 1:
      return 'true';
    case 2:
      return 'false';
    case 3:
      return String(bytes.signed(at, 1));
    case 4:
      return String(bytes.signed(at, 2));
    case 5:
      return String(bytes.signed(at, 4));
    case 6:
      return String(bytes.signed(at, 8));
    case 7:
      return unlessNumber(doubleText(bytes.view(at, 8).getFloat64(0, true)));
    case 8:
      return decimalText(bytes.signed(at + 1, 4), bytes.byte(at));
    case 9:
      return decimalText(bytes.signed(at + 1, 8), bytes.byte(at));
    case 10:
      return decimalText(bytes.signed(at + 1, 16), bytes.byte(at));
    case 11:
      return quoted(dateText(bytes.signed(at, 4)));
    case 12:
      return quoted(`${timestampText(bytes.signed(at, 8), 6)}+00:00`);
    case 13:
      return quoted(timestampText(bytes.signed(at, 8), 6));
    case 14:
      return unlessNumber(floatText(bytes.view(at, 4).getFloat32(0, true)));
    case 15:
      return quoted(bytes.slice(at + 4, bytes.unsigned(at, 4)).toString('base64'));
    case 16:
      return quoted(bytes.text(at + 4, bytes.unsigned(at, 4)));
    case 17:
      return quoted(timeText(bytes.signed(at, 8), 6));
    case 18:
      return quoted(`${timestampText(bytes.signed(at, 8), 9)}+00:00`);
    case 19:
      return quoted(timestampText(bytes.signed(at, 8), 9));
    case 20:
      return quoted(uuidText(bytes.slice(at, 16)));
    default:
      throw damaged(`it holds the unknown type ${kind}`);
  }
}

/** NaN and the infinities are no numbers of JSON. */
function unlessNumber(text: string): string {
  return /^-?\d/.test(text) ? text : quoted(text);
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale > 38) throw damaged(`it holds a decimal of scale ${scale}`);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, '');
  return `${sign}${digits.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`;
}

function dateText(days: bigint): string {
  // Days of the proleptic Gregorian calendar, whatever the year; JavaScript's own dates end at 275760.
  const era = floorDiv(days + 719_468n, 146_097n);
  const day = days + 719_468n - era * 146_097n;
  const year = (day - day / 1460n + day / 36_524n - day / 146_096n) / 365n;
  const dayOfYear = day - (365n * year + year / 4n - year / 100n);
  const shifted = (5n * dayOfYear + 2n) / 153n;
  const date = dayOfYear - (153n * shifted + 2n) / 5n + 1n;
  const month = shifted < 10n ? shifted + 3n : shifted - 9n;
  const civil = year + era * 400n + (month <= 2n ? 1n : 0n);
  const sign = civil < 0n ? '-' : civil > 9999n ? '+' : '';
  const digits = String(civil < 0n ? -civil : civil).padStart(4, '0');
  return `${sign}${digits}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
}

/** @param fraction how many digits of a second a unit is */
function timestampText(units: bigint, fraction: number): string {
  const perDay = 86_400n * 10n ** BigInt(fraction);
  const days = floorDiv(units, perDay);
  return `${dateText(days)} ${timeText(units - days * perDay, fraction)}`;
}

function timeText(units: bigint, fraction: number): string {
  const perSecond = 10n ** BigInt(fraction);
  const seconds = units / perSecond;
  const two = (number: bigint) => String(number).padStart(2, '0');
  const rest = String(units % perSecond)
    .padStart(fraction, '0')
    .replace(/0+$/, '');
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return rest === '' ? clock : `${clock}.${rest}`;
}

function floorDiv(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** As `JSON.stringify`, but with capital letters in escapes, as Spark has them. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /\\u([0-9a-f]{4})/g,
    (_, hex: string) => `\\u${hex.toUpperCase()}`,
  );
}

/** What `JSON.parse` gives, looked at before it is believed. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined for what is not JSON. */
export function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether it is written as by `JSON.stringify`: no name is twice in an object, of which the kernel would see both. */
export function isSpelt(value: unknown, json: string): boolean {
  try {
    return JSON.stringify(value) === json;
  } catch (error) {
    // JSON.parse takes any depth.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isMap<T>(
  value: unknown,
  isOne: (value: unknown) => value is T,
): value is Readonly<Record<string, T>> {
  if (!isObject(value)) return false;
  for (const key in value) if (!isOne(value[key])) return false;
  return true;
}

/** Each of them once. */
export function isSet(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** A whole number from 0 on, and exact. To the kernel, `-0` is no other than 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && ((value as number) > 0 || Object.is(value, 0));
}

/** A count of at most 31 bits. */
export function isInt(value: unknown): value is number {
  return isCount(value) && value < 2 ** 31;
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function orAbsent(value: unknown, isOne: (value: unknown) => boolean): boolean {
  return isAbsent(value) || isOne(value);
}

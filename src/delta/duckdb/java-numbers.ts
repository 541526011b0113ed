/**
 * A double as Java 19 and later write it, and so Spark: the fewest digits that stand for no other double, with an exponent below 0.001 and
 * from 10,000,000 on.
 */
export function doubleText(value: number): string {
  return javaText(value, (digits) => value.toExponential(digits), Number);
}

/** As `doubleText`, of a number that is a float. */
export function floatText(value: number): string {
  return javaText(value, (digits) => value.toExponential(digits), Math.fround);
}

function javaText(
  value: number,
  rounded: (digits: number) => string,
  stored: (value: number) => number,
): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0.0`;
  let shortest = '';
  // Two digits at least, also where one would do: Java has 4.9E-324.
  for (let digits = 1; digits <= 16; digits++) {
    shortest = rounded(digits);
    if (stored(Number(shortest)) === value) break;
  }
  const [, mantissa = '', fraction = '', power = ''] =
    /^-?(\d)\.(\d*?)0*e([+-]\d+)$/.exec(shortest) ?? [];
  const exponent = Number(power);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return `${sign}${mantissa}.${fraction || '0'}E${exponent}`;
  const digits = `${mantissa}${fraction}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

import type { DeltaType } from '../../../src/delta/schema.ts';
import type { Chance } from '../../support/seeded.ts';

// Random types and values of them, as SQL of Spark.

type Primitive = Extract<DeltaType, { kind: 'primitive' | 'decimal' }>;

const primitive = (name: Extract<DeltaType, { kind: 'primitive' }>['name']): Primitive => ({
  kind: 'primitive',
  name,
});

/** @param depth how many levels of arrays, maps and structs there may be */
export function randomType(chance: Chance, depth: number): DeltaType {
  if (chance.happens(0.08)) return { kind: 'primitive', name: 'variant' };
  if (depth === 0 || chance.happens(0.6)) return randomPrimitive(chance);
  switch (chance.below(3)) {
    case 0:
      return { kind: 'array', element: randomType(chance, depth - 1) };
    case 1: {
      const plain = chance.pick<Primitive>([
        ...['string', 'integer', 'long', 'date', 'boolean', 'binary', 'timestamp'].map((name) =>
          primitive(name as 'string'),
        ),
        { kind: 'decimal', precision: 20, scale: 3 },
      ]);
      const key = chance.happens(0.15) ? structKey(chance, plain) : plain;
      return { kind: 'map', key, value: randomType(chance, depth - 1) };
    }
    default: {
      const names = chance.some(['x', 'y', 'Z', 'file_index', 'ä', 'key', 'value'], 0.4);
      const fields = (names.length === 0 ? ['x'] : names).map((name) => ({
        name,
        type: randomType(chance, depth - 1),
        nullable: true,
        metadata: {},
      }));
      return { kind: 'struct', fields };
    }
  }
}

/** No arrays: PySpark hands maps over as dictionaries, whose keys a list can't be. */
function structKey(chance: Chance, inner: Primitive): DeltaType {
  const fields = chance
    .pick([['x'], ['x', 'ä'], ['key', 'value']])
    .map((name) => ({ name, type: inner, nullable: true, metadata: {} }));
  return { kind: 'struct', fields };
}

export function randomPrimitive(chance: Chance): Primitive {
  if (chance.happens(0.15)) {
    const precision = chance.pick([1, 4, 9, 10, 18, 19, 20, 38]);
    return { kind: 'decimal', precision, scale: chance.below(precision + 1) };
  }
  return primitive(
    chance.pick([
      'string',
      'string',
      'long',
      'integer',
      'short',
      'byte',
      'float',
      'double',
      'boolean',
      'binary',
      'date',
      'timestamp',
      'timestamp',
      'timestamp_ntz',
    ] as const),
  );
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function sqlType(type: DeltaType): string {
  switch (type.kind) {
    case 'primitive':
      return sqlNames[type.name] ?? type.name;
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `ARRAY<${sqlType(type.element)}>`;
    case 'map':
      return `MAP<${sqlType(type.key)}, ${sqlType(type.value)}>`;
    case 'struct':
      return `STRUCT<${type.fields.map((field) => `${quoted(field.name)}: ${sqlType(field.type)}`).join(', ')}>`;
  }
}

/** The type of a new column, now and then with CHAR or VARCHAR for its strings: not in structs, whose odd names Spark then can't read. */
export function declaredType(chance: Chance, type: DeltaType): string {
  const text = sqlType(type);
  if (text.includes('STRUCT') || chance.happens(0.5)) return text;
  return text.replaceAll(
    'string',
    chance.pick(['CHAR(3)', 'CHAR(12)', 'VARCHAR(3)', 'VARCHAR(12)']),
  );
}

const sqlNames: Readonly<Record<string, string>> = {
  long: 'BIGINT',
  integer: 'INT',
  short: 'SMALLINT',
  byte: 'TINYINT',
};

interface ValueOptions {
  readonly isPartition?: boolean;
  readonly isNullable?: boolean;
  /** Of a text, in characters. */
  readonly longest?: number | undefined;
}

/** An expression of exactly this type; one in eight is null, at each level. */
export function randomValue(chance: Chance, type: DeltaType, options: ValueOptions = {}): string {
  const { isNullable = true, longest } = options;
  if (isNullable && chance.happens(0.125)) return `CAST(NULL AS ${sqlType(type)})`;
  switch (type.kind) {
    case 'primitive':
      return `CAST(${primitiveValue(chance, type.name, options)} AS ${sqlType(type)})`;
    case 'decimal':
      return `CAST('${decimalText(chance, type.precision, type.scale)}' AS ${sqlType(type)})`;
    case 'array':
      return `CAST(array(${several(chance, () => randomValue(chance, type.element, { longest }))}) AS ${sqlType(type)})`;
    case 'map': {
      const entry = () =>
        `${randomValue(chance, type.key, { isNullable: false, longest })}, ${randomValue(chance, type.value, { longest })}`;
      return `CAST(map(${several(chance, entry)}) AS ${sqlType(type)})`;
    }
    case 'struct': {
      const members = type.fields.map(
        (field, index) => `'f${index}', ${randomValue(chance, field.type, { longest })}`,
      );
      return `CAST(named_struct(${members.join(', ')}) AS ${sqlType(type)})`;
    }
  }
}

function several(chance: Chance, one: () => string): string {
  return Array.from({ length: chance.pick([0, 1, 1, 2, 3]) }, one).join(', ');
}

function primitiveValue(
  chance: Chance,
  name: string,
  { isPartition = false, longest }: ValueOptions,
): string {
  switch (name) {
    case 'string': {
      const text = chance.happens(0.5) ? chance.pick(plainTexts) : chance.pick(oddTexts);
      const isFolder = isPartition && (text.includes('\0') || text.length > 200);
      const characters = [...(isFolder ? 'folder' : text)].slice(0, longest);
      return `X'${Buffer.from(characters.join('')).toString('hex')}'`;
    }
    case 'binary':
      return `X'${isPartition ? chance.pick(['41', '', '20c3a9', '253246']) : chance.pick(['', '00', 'ff00fe', '41', 'c3a9', 'deadbeef'])}'`;
    case 'boolean':
      return chance.pick(['true', 'false']);
    case 'float':
    case 'double':
      return `'${chance.pick(name === 'float' ? floats : doubles)}'`;
    case 'date':
      return `'${randomDate(chance)}'`;
    case 'timestamp':
      // As a folder's name it is a local time, which must not leave the years that PySpark knows.
      return `'${isPartition ? chance.pick(innerDates) : randomDate(chance)} ${chance.pick(times)}Z'`;
    case 'timestamp_ntz':
      return `'${randomDate(chance)} ${chance.pick(times)}'`;
    case 'variant':
      return chance.pick(variants);
    case 'void':
      return 'NULL';
    default:
      return wholeNumber(chance, name);
  }
}

const bits: Readonly<Record<string, number>> = { byte: 8, short: 16, integer: 32, long: 64 };

function wholeNumber(chance: Chance, name: string): string {
  const half = 2n ** BigInt((bits[name] ?? 8) - 1);
  const value = chance.pick([0n, 1n, -1n, BigInt(chance.below(100)), half - 1n, -half]);
  return `'${value}'`;
}

function decimalText(chance: Chance, precision: number, scale: number): string {
  const count = chance.happens(0.3) ? precision : chance.below(precision + 1);
  const digits = Array.from({ length: count }, () => chance.below(10)).join('');
  const padded = digits.padStart(scale, '0');
  const whole = padded.slice(0, padded.length - scale) || '0';
  const sign = chance.happens(0.4) ? '-' : '';
  return `${sign}${whole}${scale === 0 ? '' : `.${padded.slice(padded.length - scale)}`}`;
}

const plainTexts = ['a', 'b', 'c', 'north', 'south', 'zz top', '42'];
const oddTexts = [
  '',
  ' ',
  'trailing ',
  'sl/ash',
  '..',
  '.',
  'per%cent',
  '100%',
  '%2F',
  'eq=ual',
  'co:lon',
  'quo\'te"s',
  'back\\slash',
  'tab\there',
  'new\nline',
  'return\r',
  'nul\0here',
  '__HIVE_DEFAULT_PARTITION__',
  'null',
  'ünïcode 中文',
  '😀',
  'é',
  '[br]{ace}*?',
  'a+b&c?d#e',
  '~^`$;--',
  '\ufeffbom',
  'x'.repeat(300),
  'long '.repeat(30),
];
const floats = [
  '0',
  '-0.0',
  '1.5',
  '-3.25',
  'NaN',
  'Infinity',
  '-Infinity',
  '1.4E-45',
  '3.4028235E38',
  '0.1',
];
const doubles = [...floats, '4.9E-324', '1.7976931348623157E308', '1e300', '123456789.123456789'];
const times = ['00:00:00', '23:59:59.999999', '12:34:56.789', '01:02:03.000004', '06:00:00.5'];
const dates = [
  '0001-01-01',
  '9999-12-31',
  '1582-10-04',
  '1582-10-15',
  '1899-12-31',
  '1969-12-31',
  '1970-01-01',
  '2000-02-29',
  '2262-04-12',
  '1677-09-20',
  '2026-03-29',
];

const innerDates = dates.slice(2);
/** With all that Spark can put into one. */
const variants = [
  "parse_json('null')",
  `parse_json('{"a":1,"b":[1.50,null,{"z":"é","":true}],"c":{}}')`,
  `parse_json('{"a":"text","b":12345678901234567890123456789,"c":{"d":-1e300}}')`,
  `parse_json('[[],{"a":{"b":{"a":false}}},"${'long '.repeat(20)}"]')`,
  `parse_json('{"a":7,"A":"x","A_1":[{"b":1,"B":2}],"\uff5a":1,"\u{1f600}":2}')`,
  "parse_json('7')",
  '-128Y',
  "'text'",
  "X'00ff'",
  "DATE'0001-01-01'",
  "TIMESTAMP'1969-12-31 23:59:59.999999Z'",
  "TIMESTAMP_NTZ'9999-12-31 23:59:59.999999'",
  '1.5F',
  "CAST('NaN' AS DOUBLE)",
  '-99999999999999999999.000000000000000001BD',
  'array(1L, NULL)',
];

function randomDate(chance: Chance): string {
  if (chance.happens(0.5)) return chance.pick(dates);
  const year = String(1 + chance.below(9999)).padStart(4, '0');
  const [month, day] = [1 + chance.below(12), 1 + chance.below(28)];
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

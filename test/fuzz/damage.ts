import type { Chance } from '../support/seeded.ts';

/** The bytes of a file of a log, changed; undefined where this kind of damage does not apply to it. */
export interface Damage {
  readonly name: string;
  /**
   * What may come of it. `told`: an error, or what the undamaged table gives, where what is damaged is not needed. `survived`: as that, or
   * other values, since nothing in the file could show that they are not the written ones; but an answer.
   */
  readonly oracle: 'told' | 'survived';
  readonly applies: RegExp;
  change(bytes: Buffer, chance: Chance): Buffer | 'gone' | undefined;
}

const json = /^_delta_log\/.*\.json$/;
const commit = /^_delta_log\/\d{20}\.json$/;
const checkpoint = /^_delta_log\/(_sidecars\/)?.*\.parquet$/;
const vector = /deletion_vector_.*\.bin$/;
const log = /^_delta_log\//;

export const damages: readonly Damage[] = [
  {
    name: 'a file is gone',
    oracle: 'told',
    applies: /^_delta_log\/(?!.*\.crc$)/,
    change: () => 'gone',
  },
  {
    name: 'a commit cut off in a line',
    oracle: 'told',
    applies: json,
    change(bytes, chance) {
      const cut = chance.below(bytes.length);
      // Before and behind a line break the lines that are left are whole: that would be another commit.
      const isBetween = cut === 0 || bytes[cut - 1] === 10 || bytes[cut] === 10;
      return isBetween ? undefined : bytes.subarray(0, cut);
    },
  },
  {
    name: 'a line of garbage',
    oracle: 'told',
    applies: json,
    change(bytes, chance) {
      const garbage = Buffer.from(
        Array.from({ length: 1 + chance.below(60) }, () => 33 + chance.below(223)),
      );
      return insertLine(bytes, Buffer.concat([Buffer.from('!'), garbage]), chance);
    },
  },
  {
    name: 'a sign of the structure of JSON replaced',
    oracle: 'told',
    applies: json,
    change(bytes, chance) {
      const places = structure(bytes);
      if (places.length === 0) return;
      const changed = Buffer.from(bytes);
      changed[chance.pick(places)] = 'x'.charCodeAt(0);
      return changed;
    },
  },
  {
    name: 'a value of another type',
    oracle: 'told',
    applies: commit,
    change: (bytes, chance) =>
      editAction(bytes, chance, (action, [kind, fields]) => {
        const needed = neededFields[kind];
        if (needed === undefined) return;
        const field = chance.pick(needed.filter((name) => fields[name] != null));
        const ownKind = kindOf(fields[field]);
        // For a text the kernel takes any number or truth value, as its text: a file of that name is missed later.
        const others = strangers.filter(
          (value) =>
            kindOf(value) !== ownKind && (typeof value === 'object' || ownKind !== 'string'),
        );
        return { ...action, [kind]: { ...fields, [field]: chance.pick(others) } };
      }),
  },
  {
    name: 'a number that no size, version or count can be',
    oracle: 'told',
    applies: commit,
    change: (bytes, chance) =>
      editText(bytes, chance, [
        [/"size":\d+/, `"size":${chance.pick(badNumbers)}`],
        [/"minReaderVersion":\d+/, `"minReaderVersion":${chance.pick(badNumbers)}`],
        [/"cardinality":\d+/, `"cardinality":${chance.pick(badNumbers)}`],
        [/"sizeInBytes":\d+/, `"sizeInBytes":${chance.pick(badNumbers)}`],
        [/"offset":\d+/, `"offset":${chance.pick(badNumbers)}`],
      ]),
  },
  {
    name: 'an action that lacks what it must have',
    oracle: 'told',
    applies: commit,
    change: (bytes, chance) =>
      editAction(bytes, chance, (action, [kind, fields]) => {
        const lacking = chance.pick(requiredFields[kind] ?? ['']);
        if (fields[lacking] === undefined) return;
        const { [lacking]: _, ...others } = fields;
        return { ...action, [kind]: others };
      }),
  },
  {
    name: 'a feature or a reader version of the future',
    oracle: 'told',
    applies: commit,
    change: (bytes, chance) =>
      insertLine(
        bytes,
        Buffer.from(
          JSON.stringify({
            protocol: chance.pick([
              {
                minReaderVersion: 3,
                minWriterVersion: 7,
                readerFeatures: ['timeMachine'],
                writerFeatures: ['timeMachine'],
              },
              { minReaderVersion: 99, minWriterVersion: 99 },
              { minReaderVersion: 3, minWriterVersion: 7 },
            ]),
          }),
        ),
        chance,
      ),
  },
  {
    name: 'unknown actions and fields, that count for nothing',
    oracle: 'told',
    applies: commit,
    change: (bytes, chance) => insertLine(bytes, Buffer.from(chance.pick(unknownActions)), chance),
  },
  {
    name: 'a value nested very deep',
    oracle: 'told',
    applies: json,
    change(bytes, chance) {
      const depth = 10 ** (1 + chance.below(5));
      const [open, close] = chance.pick([
        ['{"a":', '}'],
        ['[', ']'],
      ] as const);
      const value = `${open.repeat(depth)}1${close.repeat(depth)}`;
      const kind = chance.pick([
        'unknown',
        'commitInfo',
        'add',
        'metaData',
        'txn',
        'domainMetadata',
      ]);
      return insertLine(bytes, Buffer.from(`{"${kind}":${value}}`), chance);
    },
  },
  {
    name: 'a schema that is none',
    oracle: 'told',
    applies: commit,
    change: (bytes, chance) =>
      editText(bytes, chance, [
        [
          /\\"type\\":\\"(\w+)\\"/,
          `\\"type\\":\\"${chance.pick(['', 'geography', 'decimal(99,1)', 'decimal(5,9)', 'interval'])}\\"`,
        ],
        [/"schemaString":"/, '"schemaString":"{'],
        [/\\"fields\\":\[/, '\\"fields\\":[7,'],
      ]),
  },
  {
    name: 'the hint to the last checkpoint lies',
    oracle: 'told',
    applies: /^_delta_log\/_last_checkpoint$/,
    change: (_, chance) =>
      Buffer.from(
        chance.pick([
          '',
          'garbage',
          '{}',
          'null',
          '[]',
          '{"version":-1,"size":1}',
          '{"version":0,"size":1}',
          '{"version":3,"size":1}',
          '{"version":1000000,"size":1}',
          '{"version":9223372036854775807,"size":1}',
          '{"version":1e300,"size":1}',
          '{"version":"5","size":1}',
          '{"version":2,"size":1,"parts":7}',
          '['.repeat(100_000),
        ]),
      ),
  },
  {
    name: 'Parquet cut off',
    oracle: 'told',
    applies: checkpoint,
    change: (bytes, chance) => bytes.subarray(0, chance.below(bytes.length)),
  },
  {
    name: 'Parquet with a wrong end',
    oracle: 'told',
    applies: checkpoint,
    change(bytes, chance) {
      const changed = Buffer.from(bytes);
      const lengthAt = bytes.length - 8;
      if (chance.happens(0.3)) changed.write('PARX', bytes.length - 4);
      else {
        const wrong = [
          0,
          1,
          0x7fffffff,
          0xffffffff,
          bytes.length,
          bytes.readUInt32LE(lengthAt) - 1,
        ];
        changed.writeUInt32LE(chance.pick(wrong), lengthAt);
      }
      return changed;
    },
  },
  {
    name: 'bytes of Parquet changed',
    oracle: 'survived',
    applies: checkpoint,
    change: flipped,
  },
  {
    name: 'bytes of a deletion vector changed',
    oracle: 'told',
    applies: vector,
    change(bytes, chance) {
      const changed = Buffer.from(bytes);
      // The first byte is the version of the format, which readers of version 1 need not look at.
      const at = 1 + chance.below(bytes.length - 1);
      changed[at] = (changed[at] ?? 0) ^ (1 + chance.below(255));
      return changed;
    },
  },
  {
    name: 'a deletion vector cut off or gone',
    oracle: 'told',
    applies: vector,
    change: (bytes, chance) =>
      chance.happens(0.2) ? 'gone' : bytes.subarray(0, chance.below(bytes.length)),
  },
  {
    name: 'bytes of anything in the log changed',
    oracle: 'survived',
    applies: log,
    change: flipped,
  },
];

/** Commits that nobody wrote, by names: their versions leave gaps, or are none. */
export const strayNames = [
  '_delta_log/99999999999999999999.json',
  '_delta_log/09223372036854775807.json',
  '_delta_log/09007199254740993.json',
  '_delta_log/00000000000000000999.json',
  '_delta_log/00000000000000000003.json.tmp',
  '_delta_log/.00000000000000000003.json.crc',
  '_delta_log/00000000000000000001.checkpoint.parquet.tmp',
  '_delta_log/00000000000000000001.checkpoint.not-a-uuid.json',
  '_delta_log/00000000000000000001.checkpoint.0000000001.0000000003.parquet',
  '_delta_log/0000000000000000000x.json',
  '_delta_log/_commit_1.json',
  'part-00000-stray.snappy.parquet',
] as const;

/** Some bytes of a file, changed. */
export function flipped(bytes: Buffer, chance: Chance): Buffer | undefined {
  if (bytes.length === 0) return;
  const changed = Buffer.from(bytes);
  for (let count = 1 + chance.below(4); count > 0; count--) {
    const at = chance.below(bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 + chance.below(255));
  }
  return changed;
}

function insertLine(bytes: Buffer, line: Buffer, chance: Chance): Buffer {
  const lines = linesOf(bytes);
  const at = chance.below(lines.length + 1);
  const parts = [...lines.slice(0, at), line, ...lines.slice(at)];
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const text = bytes.toString('latin1');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'latin1'));
}

/** Where brackets, colons, commas and quotes of JSON stand. */
function structure(bytes: Buffer): readonly number[] {
  const places: number[] = [];
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const sign = String.fromCharCode(bytes[at] ?? 0);
    if (isText && sign === '\\') at += 1;
    else if (sign === '"') {
      isText = !isText;
      places.push(at);
    } else if (!isText && '{}[]:,'.includes(sign)) places.push(at);
  }
  return places;
}

type Fields = Readonly<Record<string, unknown>>;

function editAction(
  bytes: Buffer,
  chance: Chance,
  change: (action: Fields, entry: readonly [string, Fields]) => Fields | undefined,
): Buffer | undefined {
  const lines = bytes.toString().split('\n').filter(Boolean);
  const at = chance.below(lines.length);
  const action: Readonly<Record<string, Fields>> = JSON.parse(lines[at] ?? '{}');
  const [entry] = Object.entries(action);
  const changed = entry && change(action, entry);
  if (changed === undefined) return;
  lines[at] = JSON.stringify(changed);
  return Buffer.from(`${lines.join('\n')}\n`);
}

function editText(
  bytes: Buffer,
  chance: Chance,
  edits: readonly (readonly [RegExp, string])[],
): Buffer | undefined {
  const text = bytes.toString();
  const possible = edits.filter(([pattern]) => pattern.test(text));
  if (possible.length === 0) return;
  const [pattern, by] = chance.pick(possible);
  return Buffer.from(text.replace(pattern, () => by));
}

/** What reading a version needs of its actions. */
const neededFields: Readonly<Record<string, readonly string[]>> = {
  add: ['path', 'size', 'partitionValues', 'deletionVector', 'stats'],
  remove: ['path', 'deletionVector'],
  metaData: ['id', 'schemaString', 'partitionColumns', 'configuration', 'format'],
  protocol: ['minReaderVersion', 'minWriterVersion', 'readerFeatures'],
};

/** Source: Delta protocol, "Actions". */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  add: ['path', 'size', 'partitionValues'],
  remove: ['path'],
  metaData: ['id', 'schemaString', 'partitionColumns'],
  protocol: ['minReaderVersion', 'minWriterVersion'],
};

const kindOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);
const strangers: readonly unknown[] = [7, 'text', true, { a: 1 }, [['a']], 1.5];

const badNumbers = [
  '-1',
  '-9223372036854775809',
  '9223372036854775807',
  '1e400',
  '18446744073709551616',
];

const unknownActions = [
  '{"futureAction":{"a":[1,2,{"b":null}]}}',
  '{"checkpointMetadata2":{}}',
  '{}',
  '{"cdc":{"path":"_change_data/x.parquet","partitionValues":{},"size":1,"dataChange":false}}',
  '{"domainMetadata":{"domain":"any","configuration":"{}","removed":false}}',
  '{"txn":{"appId":"a","version":9223372036854775807}}',
  `{"futureAction":"${'long '.repeat(200_000)}"}`,
];

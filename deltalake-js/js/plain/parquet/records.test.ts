import { expect, test } from 'vitest';
import { longs, parquetFile, texts, type WrittenField } from '../../testing/parquet-file.ts';
import { unlessInDoubt } from '../doubt.ts';
import { openParquet } from './footer.ts';
import { readRecords } from './records.ts';

const [int64, byteArray, utf8, map] = [2, 6, 0, 1];

function textField(
  name: string,
  definitions: readonly number[],
  ...values: string[]
): WrittenField {
  const page = { definitions, values: texts(...values), size: definitions.length };
  return { name, type: byteArray, converted: utf8, pages: [page] };
}

function longField(
  name: string,
  definitions: readonly number[],
  ...values: bigint[]
): WrittenField {
  const page = { definitions, values: longs(...values), size: definitions.length };
  return { name, type: int64, pages: [page] };
}

interface Entries {
  readonly repetitions: readonly number[];
  readonly definitions: readonly number[];
  readonly texts: readonly string[];
}

function mapField(
  name: string,
  keys: Entries,
  values: Entries,
  ofKeys: 'required' | 'optional' = 'required',
): WrittenField {
  const columns = [
    ['key', ofKeys, keys],
    ['value', 'optional', values],
  ] as const;
  const fields = columns.map(([name, repetition, entries]) => ({
    ...textField(name, entries.definitions, ...entries.texts),
    repetition,
    pages: [{ ...entries, values: texts(...entries.texts), size: entries.definitions.length }],
  }));
  return { name, converted: map, fields: [{ name: 'key_value', repetition: 'repeated', fields }] };
}

const shapes = {
  path: 'text',
  size: 'long',
  baseRowId: 'long',
  partitionValues: 'map',
  tags: 'map',
} as const;
const rules = { missing: new Set(Object.keys(shapes)), unread: new Set<string>() };

/** What adds say, in three rows of which the second has none. */
function addsOf(...fields: readonly WrittenField[]) {
  return unlessInDoubt(() => {
    const file = openParquet(parquetFile(3, [{ name: 'add', fields }]));
    return readRecords(file, file.fields[0] ?? expect.fail(), shapes, rules).columns;
  });
}

const paths = textField('path', [2, 0, 2], 'a', 'b');

test('fields are put together', () => {
  const keys = { repetitions: [0, 0, 0, 1], definitions: [3, 0, 3, 3], texts: ['p', 'p', 'q'] };
  const values = { repetitions: [0, 0, 0, 1], definitions: [4, 0, 3, 4], texts: ['x', 'y'] };
  const columns = [paths, longField('size', [1, 0, 2], 7n), longField('baseRowId', [1, 0, 1])];
  expect(addsOf(...columns, mapField('partitionValues', keys, values))).toEqual({
    path: ['a', 'b'],
    size: [null, 7],
    partitionValues: [{ p: 'x' }, { p: null, q: 'y' }],
  });
  const none = { repetitions: [0, 0, 0], definitions: [2, 0, 2], texts: [] };
  expect(addsOf(paths, mapField('tags', none, none))).toEqual({ path: ['a', 'b'], tags: [{}, {}] });
});

const entries = { repetitions: [0, 0, 0], definitions: [3, 0, 2], texts: ['p'] };
const nulls = { ...entries, texts: [] };

test.each([
  { what: 'a value where no file is', fields: [longField('size', [2, 2, 0], 1n, 2n)] },
  { what: 'a value less than files', fields: [longField('size', [2, 0, 0], 1n)] },
  { what: 'a file without a path', fields: [textField('path', [2, 1, 0], 'a')], alone: true },
  {
    what: 'a map where no file is',
    fields: [
      mapField(
        'tags',
        { ...entries, definitions: [3, 2, 0] },
        { ...nulls, definitions: [3, 2, 0] },
      ),
    ],
  },
  {
    what: 'keys and values in other rows',
    fields: [mapField('tags', entries, { ...nulls, definitions: [2, 0, 3] })],
  },
  {
    what: 'more keys than values',
    fields: [mapField('tags', entries, { repetitions: [0, 0], definitions: [3, 0], texts: [] })],
  },
  {
    what: 'a null as a key',
    fields: [mapField('tags', nulls, nulls, 'optional')],
  },
  {
    what: 'a row too few in a map',
    fields: [
      mapField(
        'tags',
        { repetitions: [0, 0], definitions: [3, 0], texts: ['p'] },
        { repetitions: [0, 0], definitions: [3, 0], texts: [] },
      ),
    ],
  },
  { what: 'a level above the highest', fields: [longField('size', [3, 0, 2], 7n)] },
  {
    what: 'a row too many in a map',
    fields: [
      mapField(
        'tags',
        { ...entries, repetitions: [0, 0, 0, 0], definitions: [3, 0, 2, 2] },
        { ...nulls, repetitions: [0, 0, 0, 0], definitions: [3, 0, 2, 2] },
      ),
    ],
  },
  {
    what: 'an empty map that goes on',
    fields: [
      mapField(
        'tags',
        { repetitions: [0, 1, 0, 0], definitions: [2, 3, 0, 2], texts: ['p'] },
        { repetitions: [0, 1, 0, 0], definitions: [2, 3, 0, 2], texts: [] },
      ),
    ],
  },
  {
    what: 'empty maps that are in one row',
    fields: [
      mapField(
        'tags',
        { repetitions: [0, 0, 1], definitions: [2, 0, 2], texts: [] },
        { repetitions: [0, 0, 1], definitions: [2, 0, 2], texts: [] },
      ),
    ],
  },
])('records with $what are a doubt', ({ fields, alone }) => {
  expect(addsOf(...(alone ? [] : [paths]), ...fields)).toBeUndefined();
});

import { expect, test } from 'vitest';
import { defaultAlias, parseAliasedRef, uniqueAlias } from './alias.ts';

test.each([
  {
    ref: 'analytics.customer_features',
    alias: 'customer_features',
    why: 'the last part of a name',
  },
  { ref: 'features', alias: 'features', why: 'a name alone' },
  { ref: './data/churn/', alias: 'churn', why: 'the last folder' },
  { ref: 'C:\\data\\churn', alias: 'churn', why: 'of Windows' },
  { ref: 's3://bucket/path/churn', alias: 'churn', why: 'of a URL' },
  { ref: './data/churn-2026 (new)', alias: 'churn_2026_new', why: 'other signs become _' },
  { ref: './data/2026', alias: 'table_2026', why: 'it begins with a letter' },
  { ref: './data/größe', alias: 'gr_e', why: 'letters beyond ASCII are other signs' },
  { ref: './data/中', alias: 'table', why: 'there is always one' },
  { ref: '.', alias: 'table', why: 'also of this folder' },
])('$ref is called $alias: $why', ({ ref, alias }) => {
  expect(defaultAlias(ref)).toBe(alias);
});

test.each([
  { text: 'features=analytics.t', alias: 'features', ref: 'analytics.t', why: 'a name before =' },
  { text: 'f=./data/t@v47', alias: 'f', ref: './data/t@v47', why: 'the moment stays' },
  { text: 'F_2=t', alias: 'F_2', ref: 't', why: 'letters, digits and _' },
  { text: 'f=./p=1/t', alias: 'f', ref: './p=1/t', why: 'the first = counts' },
  { text: 'analytics.t', alias: 't', ref: 'analytics.t', why: 'without one' },
  { text: 'analytics.t@v47', alias: 't', ref: 'analytics.t@v47', why: 'without the moment' },
  {
    text: 'analytics.t@2026-01-31T00:00:00Z',
    alias: 't',
    ref: 'analytics.t@2026-01-31T00:00:00Z',
    why: 'of any kind',
  },
  { text: './p=1/t', alias: 't', ref: './p=1/t', why: 'an = in a path is none of ours' },
  { text: '/home/me@work/t', alias: 't', ref: '/home/me@work/t', why: 'nor is an @' },
])('$text: $why', ({ text, alias, ref }) => {
  expect(parseAliasedRef(text)).toEqual({ alias, ref });
});

test.each([
  { text: '=t', name: '', why: 'empty' },
  { text: '1st=t', name: '1st', why: 'a digit in front' },
  { text: 'my features=t', name: 'my features', why: 'a blank' },
  { text: 'a-b=t', name: 'a-b', why: 'a dash' },
  { text: 'größe=t', name: 'größe', why: 'letters beyond ASCII' },
])("'$name' can not be an alias: $why", ({ text, name }) => {
  expect(() => parseAliasedRef(text)).toThrow(
    expect.objectContaining({
      code: 'NAME_INVALID',
      details: expect.objectContaining({ name }),
    }),
  );
});

test.each([
  { alias: 'a', taken: [], unique: 'a' },
  { alias: 'a', taken: ['b'], unique: 'a' },
  { alias: 'a', taken: ['a'], unique: 'a_2' },
  { alias: 'A', taken: ['a', 'A_2'], unique: 'A_3' },
])('$alias beside $taken is $unique', ({ alias, taken, unique }) => {
  expect(uniqueAlias(alias, taken)).toBe(unique);
});

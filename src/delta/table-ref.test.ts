import { expect, test } from 'vitest';
import { formatTableName, formatTableRef, parseTableName, parseTableRef } from './table-ref.ts';

const january = Date.parse('2026-01-31T00:00:00Z');

test.each([
  { text: 'features', parts: ['features'], why: 'a name of one part' },
  { text: 'analytics.features', parts: ['analytics', 'features'], why: 'of two' },
  { text: 'main.analytics.features', parts: ['main', 'analytics', 'features'], why: 'of three' },
  { text: '`my.schema`.t', parts: ['my.schema', 't'], why: 'a dot between backquotes' },
  { text: '`a``b`.`c d`', parts: ['a`b', 'c d'], why: 'two backquotes for one' },
  { text: '````', parts: ['`'], why: 'a backquote alone' },
  { text: 'données.größe', parts: ['données', 'größe'], why: 'letters beyond ASCII' },
  { text: 'a-b.c d', parts: ['a-b', 'c d'], why: 'whatever stands between dots' },
  { text: '`a\nb`', parts: ['a\nb'], why: 'a line break' },
  { text: 'c:t', parts: ['c:t'], why: 'a colon without a slash behind it' },
])('$why: $text', ({ text, parts }) => {
  expect(parseTableName(text)).toEqual({ kind: 'name', parts, text });
});

test.each([
  { text: './data/t', why: 'a path' },
  { text: '/data/t', why: 'an absolute path' },
  { text: '.', why: 'this folder' },
  { text: '..', why: 'the folder above' },
  { text: 'data/t', why: 'a path that begins with a name' },
  { text: 'data/', why: 'a name with a slash behind it' },
  { text: 'C:\\data\\t', why: 'a path of Windows' },
  { text: 'data\\t', why: 'a relative path of Windows' },
  { text: 'file:///data/t', why: 'a file URL' },
  { text: 'FILE:/data/t', why: 'a file URL in capitals, with one slash' },
  { text: 's3://bucket/t', why: 'an object store' },
  { text: 'abfss://container@account.dfs.core.windows.net/t', why: 'a URL with an @ in it' },
])('$why is a location: $text', ({ text }) => {
  expect(parseTableName(text)).toEqual({ kind: 'location', text });
  expect(parseTableRef(text)).toEqual({
    table: { kind: 'location', text },
    moment: { kind: 'latest' },
  });
});

test.each([
  { text: '', why: 'nothing' },
  { text: '  ', why: 'blanks' },
  { text: 'a..b', why: 'an empty part in the middle' },
  { text: '.a', why: 'an empty part before' },
  { text: 'a.', why: 'an empty part behind' },
  { text: 'a.b.c.d', why: 'four parts' },
  { text: '`a', why: 'a backquote that is not closed' },
  { text: 'a`b', why: 'a backquote inside' },
  { text: '``', why: 'nothing between backquotes' },
  { text: 'a@b', why: 'an @ outside of backquotes' },
  { text: '`a`b', why: 'something behind the closing backquote' },
])("'$text' names no table: $why", ({ text }) => {
  expect(() => parseTableName(text)).toThrow(
    expect.objectContaining({ code: 'REF_INVALID', details: expect.objectContaining({ text }) }),
  );
});

test.each([
  { behind: 'v0', moment: { kind: 'version', version: 0 }, why: 'version 0 is a version' },
  { behind: 'v47', moment: { kind: 'version', version: 47 }, why: 'a version' },
  { behind: 'V47', moment: { kind: 'version', version: 47 }, why: 'in a capital' },
  { behind: 'v007', moment: { kind: 'version', version: 7 }, why: 'with zeros before' },
  { behind: '2026-01-31', moment: instant('2026-01-31T00:00:00Z'), why: 'a date is its midnight' },
  { behind: '2026-01-31T04:05Z', moment: instant('2026-01-31T04:05:00Z'), why: 'without seconds' },
  { behind: '2026-01-31T04:05:06Z', moment: instant('2026-01-31T04:05:06Z'), why: 'in UTC' },
  { behind: '2026-01-31t04:05:06z', moment: instant('2026-01-31T04:05:06Z'), why: 'small letters' },
  { behind: '2026-01-31 04:05:06Z', moment: instant('2026-01-31T04:05:06Z'), why: 'with a blank' },
  {
    behind: '2026-01-31T04:05:06+05:30',
    moment: instant('2026-01-30T22:35:06Z'),
    why: 'in another zone',
  },
  { behind: '2026-01-31T04:05:06-0800', moment: instant('2026-01-31T12:05:06Z'), why: 'no colon' },
  {
    behind: '2026-01-31T04:05:06.789Z',
    moment: instant('2026-01-31T04:05:06.789Z'),
    why: 'to the millisecond',
  },
  {
    behind: '2026-01-31T04:05:06.789999999Z',
    moment: instant('2026-01-31T04:05:06.789Z'),
    why: 'what is finer is cut off: a commit after it is not in it',
  },
  { behind: '2024-02-29', moment: instant('2024-02-29T00:00:00Z'), why: 'a leap day' },
  { behind: '1969-12-31T23:59:59Z', moment: instant('1969-12-31T23:59:59Z'), why: 'before 1970' },
])('@$behind: $why', ({ behind, moment }) => {
  for (const table of ['analytics.features', './data/t', '`a@b`', 'C:\\data\\t', 's3://b/t']) {
    const parsed = parseTableRef(`${table}@${behind}`);
    expect(parsed).toEqual({ table: parseTableName(table), moment });
  }
});

test.each([
  { behind: '', why: 'nothing behind the @' },
  { behind: '47', why: 'a number alone may be a version or a time' },
  { behind: 'v', why: 'no number' },
  { behind: 'v-1', why: 'a version below 0' },
  { behind: '-1', why: 'a number below 0' },
  { behind: 'v1.5', why: 'half a version' },
  { behind: 'v99999999999999999999', why: 'more versions than there can be' },
  { behind: 'latest', why: 'the latest is what no @ means' },
  { behind: '2026-01-31T04:05:06', why: 'no time zone' },
  { behind: '2026-02-30', why: 'no such day' },
  { behind: '2026-13-01', why: 'no such month' },
  { behind: '2025-02-29', why: 'no leap year' },
  { behind: '2026-01-31T25:00Z', why: 'no such hour' },
  { behind: '2026-01-31T04:61Z', why: 'no such minute' },
  { behind: '2026-01-31T04Z', why: 'an hour alone' },
  { behind: '2026-1-1', why: 'one digit' },
])("'@$behind' is refused: $why", ({ behind }) => {
  for (const table of ['analytics.features', './data/t']) {
    const text = `${table}@${behind}`;
    expect(() => parseTableRef(text)).toThrow(
      expect.objectContaining({ code: 'REF_INVALID', details: expect.objectContaining({ text }) }),
    );
  }
});

test('two moments are refused', () => {
  expect(() => parseTableRef('analytics.features@v47@v48')).toThrow(
    expect.objectContaining({ code: 'REF_INVALID' }),
  );
});

test('what follows the @ of a name is always meant as a moment', () => {
  expect(() => parseTableRef('analytics.features@yesterday')).toThrow(
    expect.objectContaining({ code: 'REF_INVALID' }),
  );
});

test.each([
  { text: '/home/me@work/t', why: 'a folder with an @ in its name' },
  { text: './me@work', why: 'an @ that no moment follows' },
  { text: './t@vienna', why: 'what only begins like a version' },
  { text: 'abfss://c@account.dfs.core.windows.net/t', why: 'an @ in a URL' },
])('an @ may belong to a location: $why', ({ text }) => {
  expect(parseTableRef(text)).toEqual({
    table: { kind: 'location', text },
    moment: { kind: 'latest' },
  });
});

test('of several @ in a location the last one begins the moment', () => {
  expect(parseTableRef('/home/me@work/t@v3')).toEqual({
    table: { kind: 'location', text: '/home/me@work/t' },
    moment: { kind: 'version', version: 3 },
  });
});

test('an @ between backquotes belongs to the name', () => {
  expect(parseTableRef('analytics.`a@b`')).toEqual({
    table: { kind: 'name', parts: ['analytics', 'a@b'], text: 'analytics.`a@b`' },
    moment: { kind: 'latest' },
  });
  expect(parseTableRef('`a@v1`')).toMatchObject({ moment: { kind: 'latest' } });
});

test('a reference that is written out reads as the same again', () => {
  for (const table of ['analytics.features', './data/t', '`a.b`.c']) {
    expect(parseTableRef(formatTableRef(table, 0))).toEqual({
      table: parseTableName(table),
      moment: { kind: 'version', version: 0 },
    });
  }
});

test.each([
  { parts: ['analytics', 'features'], text: 'analytics.features' },
  { parts: ['my.schema', 'a`b', 'c@d'], text: '`my.schema`.`a``b`.`c@d`' },
  { parts: ['a-b', 'c d'], text: 'a-b.c d' },
])('a name is written with backquotes where it needs them: $text', ({ parts, text }) => {
  expect(formatTableName(parts)).toBe(text);
  expect(parseTableRef(formatTableRef(text, 3))).toEqual({
    table: { kind: 'name', parts, text },
    moment: { kind: 'version', version: 3 },
  });
});

test('the instant is that of the calendar, not of the machine', () => {
  expect(parseTableRef('t@2026-01-31').moment).toEqual({ kind: 'instant', instant: january });
});

function instant(text: string) {
  return { kind: 'instant', instant: Date.parse(text) };
}

test.each([
  { text: 'delta.`/tables/t`', location: '/tables/t' },
  { text: 'DELTA.`s3://bucket/a``b`', location: 's3://bucket/a`b' },
])('a path in the words of SQL is a location: $text', ({ text, location }) => {
  expect(parseTableName(text)).toEqual({ kind: 'location', text: location });
  expect(parseTableRef(`${text}@v3`)).toEqual({
    table: { kind: 'location', text: location },
    moment: { kind: 'version', version: 3 },
  });
});

test('a table of a schema named delta is a name', () => {
  expect(parseTableName('delta.`my table`')).toMatchObject({ parts: ['delta', 'my table'] });
});

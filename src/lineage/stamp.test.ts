import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { aPin, aRun, aStamp, aStampedTable, tableId } from '../../test/support/builders.ts';
import { recordOf, stampManifest, stampOf } from './stamp.ts';
import { deltaSource } from './wire-dataset-source.ts';
import { stampOn } from './wire-stamp.ts';

const at = Date.parse('2026-03-02T00:00:01Z');

describe('a stamp', () => {
  test('holds what was pinned, in the order given', () => {
    const pins = [aPin(), aPin({ alias: 'labels', ref: '/tables/labels', version: 0 })];
    expect(stampOf(pins, { at, asof: '0.1.0' })).toEqual({
      v: 1,
      at: '2026-03-02T00:00:01.000Z',
      asof: '0.1.0',
      tables: [
        aStampedTable(),
        aStampedTable({ alias: 'labels', ref: '/tables/labels', version: 0 }),
      ],
    });
  });

  test('leaves out what is not known', () => {
    const { committedAt: _, rows: __, ...pin } = aPin();
    const [table] = stampOf([pin], { at, asof: '0.1.0' }).tables;
    expect(table).not.toHaveProperty('committedAt');
    expect(table).not.toHaveProperty('rows');
    expect(table).not.toHaveProperty('read');
  });

  test('holds what is read, by alias; nothing where all is read', () => {
    const read = { columns: ['a', 'b'], where: 'a > 1', split: '80/20', seed: 0 };
    const pins = [aPin(), aPin({ alias: 'labels' }), aPin({ alias: 'other' })];
    const { tables } = stampOf(pins, { at, asof: '0.1.0', reads: { labels: read, other: {} } });
    expect(tables.map((table) => table.read)).toEqual([undefined, read, undefined]);
  });

  test('holds the code, where there is some', () => {
    const code = { commit: 'abc', isDirty: true };
    expect(stampOf([aPin()], { at, asof: '0.1.0', code })).toMatchObject({ code });
    expect(stampOf([aPin()], { at, asof: '0.1.0', code: undefined })).not.toHaveProperty('code');
  });
});

describe('the parameters of a run', () => {
  test('name each table by its alias, and the first also as people write it', () => {
    const tables = [
      aStampedTable({ ref: 'analytics.f', version: 47 }),
      aStampedTable({ alias: 'labels', ref: 'analytics.l', version: 0 }),
    ];
    expect(recordOf(aStamp({ tables })).params).toEqual({
      feature_table: 'analytics.f',
      feature_table_version: '47',
      features_table: 'analytics.f',
      features_table_version: '47',
      labels_table: 'analytics.l',
      labels_table_version: '0',
    });
  });

  test.each([
    { aliases: ['feature', 'labels'], why: 'first' },
    { aliases: ['labels', 'feature'], why: 'not first' },
  ])('are those of the table that is called feature, where one is: $why', ({ aliases }) => {
    const tables = aliases.map((alias, version) =>
      aStampedTable({ alias, ref: `analytics.${alias}`, version }),
    );
    expect(recordOf(aStamp({ tables })).params).toEqual({
      feature_table: 'analytics.feature',
      feature_table_version: String(aliases.indexOf('feature')),
      labels_table: 'analytics.labels',
      labels_table_version: String(aliases.indexOf('labels')),
    });
  });
});

describe('the tag of a run', () => {
  test('holds the stamp, which is read back as it was', () => {
    const read = { columns: ['größe', 'b'], where: "a = '\"\\'", split: 'x\ny', seed: -1 };
    const code = { commit: 'abc', isDirty: true, remote: 'https://example.com/x.git' };
    const stamp = aStamp({
      code,
      tables: [aStampedTable({ read }), aStampedTable({ alias: 'b' })],
    });
    const { tags } = recordOf(stamp);
    expect(Object.keys(tags)).toEqual(['asof.stamp']);
    expect(stampOn(aRun({ tags }))).toEqual(stamp);
  });

  test('holds the hash of the whole as it lies with the artifacts', () => {
    const stamp = aStamp();
    const { manifest } = JSON.parse(recordOf(stamp).tags['asof.stamp'] ?? '');
    expect(manifest).toBe(createHash('sha256').update(stampManifest(stamp)).digest('hex'));
    expect(JSON.parse(stampManifest(stamp))).toEqual(stamp);
  });

  const columns = (characters: number) => ({ columns: ['x'.repeat(characters)] });

  test('is one a table where all together do not fit, read back as they were', () => {
    const tables = ['a', 'b', 'c'].map((alias) => aStampedTable({ alias, read: columns(4000) }));
    const stamp = aStamp({ tables, code: { commit: 'abc' } });
    const { tags } = recordOf(stamp);
    expect(Object.keys(tags).sort()).toEqual([
      'asof.stamp',
      'asof.table.a',
      'asof.table.b',
      'asof.table.c',
    ]);
    for (const text of Object.values(tags)) expect(text.length).toBeLessThan(5000);
    expect(stampOn(aRun({ tags }))).toEqual(stamp);
  });

  test.each([4998, 4999, 5000, 5001])('is below 5000 characters, or several: %d', (characters) => {
    const bare = recordOf(aStamp({ tables: [aStampedTable({ read: columns(0) })] }));
    const rest = characters - (bare.tags['asof.stamp'] ?? '').length;
    const stamp = aStamp({ tables: [aStampedTable({ read: columns(rest) })] });
    const { tags } = recordOf(stamp);
    expect(Object.keys(tags).length).toBe(characters < 5000 ? 1 : 2);
    for (const text of Object.values(tags)) expect(text.length).toBeLessThan(5000);
    expect(stampOn(aRun({ tags }))).toEqual(stamp);
  });

  test('does not take a table that alone is too large', () => {
    const tables = [aStampedTable(), aStampedTable({ alias: 'wide', read: columns(5000) })];
    expect(() => recordOf(aStamp({ tables }))).toThrow(
      expect.objectContaining({
        code: 'STAMP_TOO_LARGE',
        details: { alias: 'wide', characters: JSON.stringify(tables[1]).length },
      }),
    );
  });
});

describe('the dataset inputs of a run', () => {
  const inputOf = (fields: Parameters<typeof aStampedTable>[0]) => {
    const [input] = recordOf(aStamp({ tables: [aStampedTable(fields)] })).inputs;
    if (input === undefined) throw new Error('one table, one input');
    return input;
  };

  test.each([
    {
      fields: { ref: 'analytics.f', version: 47 },
      source: { delta_table_name: 'analytics.f', delta_table_version: 47, delta_table_id: tableId },
      why: 'by its name',
    },
    {
      fields: { ref: '/tables/f', location: '/tables/f', version: 47 },
      source: { path: '/tables/f', delta_table_version: 47, delta_table_id: tableId },
      why: 'by its path where it has no name',
    },
    {
      fields: { ref: 'analytics.f', version: 0 },
      source: {
        delta_table_name: 'analytics.f',
        delta_table_version: '0',
        delta_table_id: tableId,
      },
      why: 'with version 0 as text, since MLflow drops the number',
    },
  ])('name the table $why', ({ fields, source }) => {
    const input = inputOf(fields);
    expect(input).toMatchObject({ sourceType: 'delta_table', context: 'training' });
    expect(input.name).toBe(`${fields.ref}@v${fields.version}`);
    expect(JSON.parse(input.source)).toEqual(source);
    expect(deltaSource(input)).toEqual({ ref: fields.ref, id: tableId, version: fields.version });
  });

  test('tell the rows where they are known', () => {
    expect(JSON.parse(inputOf({ rows: 0 }).profile ?? '')).toEqual({ num_rows: 0 });
    const { rows: _, ...table } = aStampedTable();
    expect(recordOf(aStamp({ tables: [table] })).inputs[0]).not.toHaveProperty('profile');
  });

  test('have a digest that MLflow can hold, the same for the same data', () => {
    const { digest } = inputOf({});
    expect(digest).toMatch(/^[0-9a-f]{1,36}$/);
    const elsewhere = { alias: 'x', ref: 'other.name', location: '/copy', rows: 1, digest: 'x' };
    expect(inputOf(elsewhere).digest).toBe(digest);
    expect(inputOf({ read: { seed: 1, columns: ['a'] } }).digest).toBe(
      inputOf({ read: { columns: ['a'], seed: 1 } }).digest,
    );
  });

  test.each([
    { fields: { id: `${tableId}0` }, why: 'another table' },
    { fields: { version: 48 }, why: 'another version' },
    { fields: { version: 0 }, why: 'version 0' },
    { fields: { read: { columns: ['a'] } }, why: 'other columns' },
    { fields: { read: { where: 'a > 1' } }, why: 'a filter' },
    { fields: { read: { seed: 0 } }, why: 'a seed' },
  ])('have another digest for $why', ({ fields }) => {
    expect(inputOf(fields).digest).not.toBe(inputOf({}).digest);
  });

  test('tell the order of columns apart', () => {
    expect(inputOf({ read: { columns: ['a', 'b'] } }).digest).not.toBe(
      inputOf({ read: { columns: ['b', 'a'] } }).digest,
    );
  });
});

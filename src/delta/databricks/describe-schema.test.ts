import { describe, expect, test } from 'vitest';
import { formatType } from '../schema.ts';
import { describeSchema } from './describe-schema.ts';
import type { SqlSession } from './sql-session.ts';

/** A session that answers DESCRIBE QUERY with these columns, level by level, as name and type. */
function answering(...levels: readonly (readonly (readonly [string, string])[])[]) {
  const asked: string[] = [];
  const session: SqlSession = {
    title: 'w',
    async query(sql) {
      const level = levels[asked.length] ?? [];
      asked.push(sql);
      const [, mark = ''] = /1 AS `(asof#\w+#)0`/.exec(sql) ?? [];
      return level.map(([name, data_type]) => ({
        col_name: name.replace('MARK', mark),
        data_type,
        comment: null,
      }));
    },
    async *stream() {},
    close: async () => {},
  };
  return { session, asked };
}

const typesOf = async (session: SqlSession) => {
  const { fields } = await describeSchema(session, 't', 'SELECT * FROM t', {});
  return fields.map(({ name, type }) => `${name} ${formatType(type)}`);
};

describe('the schema that a warehouse tells', () => {
  test('takes one question where nothing is nested', async () => {
    const { session, asked } = answering([
      ['id', 'bigint'],
      ['d', 'decimal(38,18)'],
      ['v', 'variant'],
    ]);
    expect(await typesOf(session)).toEqual(['id bigint', 'd decimal(38,18)', 'v variant']);
    expect(asked).toHaveLength(1);
  });

  test('takes one more for each level, and names may hold anything, as if they were marks', async () => {
    const { session, asked } = answering(
      [
        ['s', 'struct<a:int,b:array<string>,asof#1:int>'],
        ['m', 'map<string,struct<x y:date>>'],
      ],
      [
        ['MARK0', 'int'],
        ['a:int,b', 'int'],
        ['asof#1', 'int'],
        ['l', 'array<int>'],
        ['MARK1', 'int'],
        ['asof_1', 'string'],
        ['MARK2', 'int'],
        ['asof_2', 'struct<x y:date>'],
      ],
      [
        ['MARK0', 'int'],
        ['asof_0', 'int'],
        ['MARK1', 'int'],
        ['x y', 'date'],
      ],
    );
    expect(await typesOf(session)).toEqual([
      's struct<a:int,b: int, asof#1: int, l: array<int>>',
      'm map<string, struct<x y: date>>',
    ]);
    expect(asked).toHaveLength(3);
  });

  test('is refused for a type that asof does not know', async () => {
    const { session } = answering([['i', 'interval day to second']]);
    await expect(typesOf(session)).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      details: { features: ['the type interval day to second'] },
    });
  });
});

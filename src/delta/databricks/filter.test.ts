import { describe, expect, test } from 'vitest';
import { aField, aSchema } from '../../../test/support/builders.ts';
import { checkFilter } from './filter.ts';

const schema = aSchema(
  aField('id', 'long'),
  aField('region'),
  aField('odd name; --'),
  aField('select'),
  aField('from'),
  aField('f', 'float'),
  aField('d', 'double'),
  aField('price', { kind: 'decimal', precision: 10, scale: 2 }),
  aField('current_date', 'date'),
  aField('place', {
    kind: 'struct',
    fields: [
      aField('city'),
      aField('id', 'double'),
      aField('heat', 'float'),
      aField('rent', { kind: 'decimal', precision: 10, scale: 2 }),
    ],
  }),
);
const check = (filter: string) => () => checkFilter(filter, schema);

describe('a filter for the warehouse', () => {
  test.each([
    ['id > 5'],
    ["ID = 5 AND (region IN ('EU', 'NA') OR region IS NULL)"],
    ["region LIKE 'a%' and not length(region) between 2 and 4"],
    ["replace(`region`, 'x', '') = 'it''s -- no comment'"],
    ["region || '-' || `select` = 'EU-1' and left(region, 2) = 'EU'"],
    ["substr(region, 2, 0) = '' or substring(region, 10) = ''"],
    ['floor(price * (id + 1)) = 3 and sign(-id) < 0 and abs(d) > 1e3'],
    ["price > '5' and region = '1.5.0'"],
    ["place.city <> 'x'"],
    ["(place.city || 'x') like 'a%'"],
    ['`odd name; --` is not null'],
    ["case when id % 2 = 0 then region else 'odd' end = 'EU'"],
    ['d / 2 > 0.5 and id / 3 < 1'],
    ["date '2026-01-31' < current_date"],
    ['coalesce(id, 1.5e3) >= -2'],
  ])('%s is taken', (filter) => {
    expect(check(filter)).not.toThrow();
  });

  test.each([
    ['id > 5; DROP TABLE t', 'a second statement'],
    ['id > 5) UNION SELECT (1', 'a bracket that closes ours'],
    ['true) OR (true', 'brackets turned around'],
    ['id IN (SELECT id FROM other)', 'a subquery'],
    ['(select from)', 'a subquery over columns named so'],
    ['exists (select 1)', 'another'],
    ['id = 1 -- and more', 'a comment'],
    ['id = 1 /* and more */', 'another'],
    ["region = 'a\\' OR 1=1 OR region = '", 'a quote behind a backslash'],
    ["region = 'open", 'text without an end'],
    ['region = "EU"', 'double quotes, which mean two things'],
    ['rand() < 0.5', 'randomness'],
    ['now() > current_date', 'a clock'],
    ["current_timestamp > timestamp '2026-01-01'", 'a clock without brackets'],
    ["reflect('java.lang.System', 'exit', 1) = 'x'", 'a way out'],
    ['id = ?', 'a parameter'],
    ['id = :x', 'another'],
    ['id = $' + '{spark.x}', 'a variable'],
    ['regoin = 1', 'an unknown column'],
    ['cast(id as int) = 1', 'a cast, which rounds otherwise elsewhere'],
    ["concat(region, 'x') = 'x'", 'a function that treats null otherwise elsewhere'],
    ["lower(region) = 'eu'", 'letters that are written small in different ways'],
    ["upper(region) = 'EU'", 'and large'],
    ["region ilike 'eu'", 'and compared'],
    ['not isnan(d)', 'null, which is a number here and unknown there'],
    ["trim(region) = 'a'", 'spaces of which one engine knows more'],
    ["rtrim(region) = 'a'", 'those at the end'],
    ["substr(region, 0, 2) = 'EU'", 'a part from before the first letter'],
    ["left(region, -1) = 'EU'", 'a part without the last letter'],
    ["substr(region, 2, -1) = ''", 'a part of less than nothing'],
    ["right(region, id) = 'EU'", 'a part of any size'],
    ['floor(d) = 0', 'no number, rounded'],
    ['ceil(exp(id)) > 0', 'another'],
    ['sign(`d` + 1) = 0', 'its sign'],
    ["d || '' = '0.1'", 'a number written out'],
    ["region || id = 'EU5'", 'another'],
    ["'0.' || '9' + 1 > '1'", 'text that is a number to one engine'],
    ["d + '1' || '' = '1.1'", 'a sum written out'],
    ["place.id || '' = '0.1'", 'a member written out'],
    ["region || `select`(id) = 'x'", 'what a column is no function of'],
    ['floor(place.id) = 0', 'a member, rounded'],
    ['region like `select`', 'a pattern of any kind'],
    ["region like 'a' || region", 'another'],
    ["place.rent = '1.504'", 'text that is rounded to a DECIMAL in a struct'],
    ['place.heat = 0.1', 'a FLOAT in a struct'],
    ["price = '1.504'", 'text that is rounded to a DECIMAL'],
    ["'15e-1' = `price`", 'another'],
    ["id * 1.5 = '1.504'", 'and where it is calculated'],
    ['price / 3 = 0.3333333333333', 'a DECIMAL that is divided'],
    ['id / 1.5 = 0.6666667', 'another'],
    ['f = 0.1', 'a FLOAT'],
    ['', 'nothing'],
    ['(id > 1', 'an open bracket'],
    ['`id > 1', 'an open name'],
  ])('%s is refused: %s', (filter) => {
    expect(check(filter)).toThrow(expect.objectContaining({ code: 'FILTER_INVALID' }));
  });
});

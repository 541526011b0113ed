import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseValidationFile } from './wire-validation.ts';

// Each file was written by the version of Great Expectations that its name ends with: see generate.py there.
const folder = 'fixtures/great-expectations';
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string) => parseValidationFile(readFileSync(`${folder}/${name}`, 'utf8'));

test('files of every shape are here', () => {
  expect(files.map((name) => name.replace(/-[\d.]+\.json$/, '')).toSorted()).toEqual(
    expect.arrayContaining(['checkpoint-described', 'checkpoint-run-results', 'validation-result']),
  );
});

describe.each(files)('%s', (name) => {
  test('says what failed, and how many', () => {
    expect(read(name)?.results).toMatchObject([
      {
        success: false,
        statistics: { evaluated: 3, successful: 1, unsuccessful: 2 },
        failed: [
          { expectation: 'expect_column_values_to_not_be_null', column: 'customer_id' },
          { expectation: 'expect_column_values_to_match_regex', column: 'email' },
        ],
      },
    ]);
  });

  test('gives no value of the data', () => {
    expect(readFileSync(`${folder}/${name}`, 'utf8')).toContain('ada lovelace');
    expect(JSON.stringify(read(name))).not.toContain('lovelace');
  });

  test.skipIf(name.includes('described'))('says which suite, when, and by which version', () => {
    const [result] = read(name)?.results ?? [];
    expect(result).toMatchObject({ gx: /-([\d.]+)\.json$/.exec(name)?.[1] });
    expect(Date.parse(result?.ranAt ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
  });
});

test.each([
  ['nothing', ''],
  ['no JSON', 'success: true'],
  ['another object', '{"success": true}'],
  ['an empty checkpoint', '{"run_results": {}}'],
])('%s is no file of Great Expectations', (_, text) => {
  expect(parseValidationFile(text)).toBeUndefined();
});

test('numbers that JSON does not have are passed over', () => {
  const text =
    '{"success": true, "results": [], "statistics": {"evaluated_expectations": 0, "successful_expectations": 0, "unsuccessful_expectations": 0, "success_percent": NaN}}';
  expect(parseValidationFile(text)?.results).toMatchObject([{ success: true }]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodes } from '../cli/run.ts';
import { errorCodes } from '../src/base/errors.ts';

const [errors = '', warnings = ''] = readFileSync('docs/errors.md', 'utf8').split('## Warnings');

test('docs/errors.md tells of each error of the catalogue, once, with its exit code', () => {
  const rows = [...errors.matchAll(/^\| `([A-Z_]+)` +\| (\d) +\| \S/gm)];
  expect(rows.map(([, code]) => code).toSorted()).toEqual(errorCodes.toSorted());
  expect(Object.fromEntries(rows.map(([, code, exit]) => [code, Number(exit)]))).toEqual(exitCodes);
});

test('docs/errors.md tells of each warning', () => {
  const sources = readdirSync('src/lineage')
    // What doctor finds are findings.
    .filter((name) => /^(?!doctor)[a-z-]+\.ts$/.test(name))
    .map((name) => readFileSync(`src/lineage/${name}`, 'utf8'));
  const given = [...sources.join('').matchAll(/code: '([A-Z_]+)',\s+message/g)].map(
    ([, code]) => code,
  );
  const told = [...warnings.matchAll(/^\| `([A-Z_]+)` +\| \S/gm)].map(([, code]) => code);
  expect(given.length).toBeGreaterThan(20);
  // Of a stamp the error's own code is taken.
  expect(told.toSorted()).toEqual([...new Set([...given, 'STAMP_INVALID'])].toSorted());
});

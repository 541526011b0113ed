import { expect, test } from 'vitest';
import { checkModel } from './check.ts';
import type { TraceResult } from './result/trace.ts';
import type { VerifyCheck } from './result/verify.ts';

const traced = {
  model: { name: 'm', version: 1, stages: [], aliases: [], runId: 'r', loggedModelId: null },
  links: [{}],
  warnings: [],
} as unknown as TraceResult;

const check = (parts: Partial<VerifyCheck>): VerifyCheck => ({
  level: 'log',
  subject: 'a: t@v1',
  outcome: 'same',
  note: 'a note',
  differences: [],
  ...parts,
});
const stamp = check({ level: 'stamp', subject: 'runs:/r' });
const files = check({ level: 'files' });

const verified = (...checks: readonly VerifyCheck[]) =>
  checkModel(traced, ['verified'], checks).requirements[0];

test.each([
  { why: 'all is the same', checks: [stamp, check({}), files] },
  {
    why: 'the ledger has no copy of the stamp',
    checks: [{ ...stamp, outcome: 'unknown' as const }, check({}), files],
  },
  {
    why: 'a hold stands for what is not the same',
    checks: [
      stamp,
      check({ outcome: 'unknown', isHeld: true }),
      check({ level: 'manifest', subject: 'holds/1' }),
    ],
  },
])('it is verified when $why', ({ checks }) => {
  expect(verified(...checks)).toMatchObject({ isMet: true });
});

test.each([
  { why: 'there is no run', checks: [], says: 'there is no run to verify' },
  {
    why: 'nothing but a stamp could be looked at',
    checks: [{ ...stamp, outcome: 'unknown' as const, note: 'the run carries no stamp' }],
    says: 'runs:/r is not proven: the run carries no stamp',
  },
  {
    why: 'the log can not be compared',
    checks: [stamp, check({ outcome: 'unknown' }), files],
    says: 'a: t@v1 is not proven: a note',
  },
  {
    why: 'the stamp was edited and a file is gone',
    checks: [
      { ...stamp, outcome: 'differs' as const, differences: ['a: version is 2, was 1'] },
      check({}),
      check({ level: 'files', outcome: 'differs', differences: ['x is gone', 'y is gone'] }),
    ],
    says: 'runs:/r: a: version is 2, was 1; a: t@v1: x is gone, y is gone',
  },
])('it is not verified when $why', ({ checks, says }) => {
  expect(verified(...checks)).toEqual({ name: 'verified', isMet: false, why: says });
});

test('a validation that looked at nothing does not count', () => {
  const validation = { suite: 's', success: true, evaluated: 0, successful: 0, failed: [] };
  const links = [
    { table: { ref: 't' }, version: 0, certainty: 'stamped', validations: [validation] },
  ];
  const trace = { ...traced, links } as unknown as TraceResult;
  expect(checkModel(trace, ['validation']).requirements).toEqual([
    { name: 'validation', isMet: false, why: 't@v0 was validated by s without any expectation' },
  ]);
});

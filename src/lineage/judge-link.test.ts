import { describe, expect, test } from 'vitest';
import { aFile, aRun, aStampedTable, tableId } from '../../test/support/builders.ts';
import { digestOf, fakeTable, fakeTables, threeVersions } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { Run } from '../registry/run.ts';
import type { Evidence } from './evidence.ts';
import type { TableEvidence } from './group-evidence.ts';
import { judgeLink } from './judge-link.ts';
import { tableStates } from './table-states.ts';

// The fake table has three versions, committed on 1, 2 and 3 March 2026.
const now = Date.parse('2026-03-04T00:00:00Z');
const march = (day: number) => Date.parse(`2026-03-0${day}T00:00:00Z`);
const otherId = `${tableId.slice(0, -1)}2`;

const anInput = (fields: Partial<Evidence> = {}): Evidence => ({
  kind: 'dataset-input',
  where: 'dataset input x',
  ref: 'analytics.features',
  version: 1,
  ...fields,
});
const aParam = (fields: Partial<Evidence> = {}): Evidence => ({
  kind: 'param',
  where: 'param feature_table_version',
  ref: 'analytics.features',
  version: 1,
  ...fields,
});
async function aStamped(
  table: DeltaTable,
  fields: Parameters<typeof aStampedTable>[0] = {},
): Promise<Evidence> {
  const version = fields.version ?? 1;
  const stamped = aStampedTable({ digest: await digestOf(table, version), version, ...fields });
  const { alias, ref, location, id } = stamped;
  return { kind: 'stamp', where: 'tag asof.stamp', alias, ref, location, id, version, stamped };
}
const judge = (
  evidence: TableEvidence,
  {
    tables = [fakeTable()],
    run = {},
    at = now,
  }: { tables?: readonly DeltaTable[]; run?: Partial<Run>; at?: number } = {},
) =>
  judgeLink(aRun({ startedAt: march(3), ...run }), evidence, {
    states: tableStates(fakeTables(...tables), { now: at }),
  });

describe('stamped', () => {
  test('is what asof recorded, with all that it holds', async () => {
    const read = { columns: ['id'], seed: 0 };
    const { link, warnings } = await judge([await aStamped(fakeTable(), { read, rows: 0 })]);
    expect(link).toEqual({
      alias: 'features',
      table: { ref: 'analytics.features', id: tableId, location: '/tables/features' },
      version: 1,
      committedAt: '2026-03-02T00:00:00.000Z',
      operation: 'WRITE',
      certainty: 'stamped',
      confidence: 1,
      why: expect.any(String),
      evidence: [{ kind: 'stamp', where: 'tag asof.stamp', version: 1 }],
      conflicts: [],
      candidates: [],
      state: 'readable',
      stateReason: null,
      until: null,
      hold: null,
      digest: await digestOf(fakeTable(), 1),
      rows: 0,
      read,
    });
    expect(warnings).toEqual([]);
  });

  test('at version 0 is at version 0', async () => {
    const { link } = await judge([await aStamped(fakeTable(), { version: 0 })]);
    expect(link).toMatchObject({ version: 0, certainty: 'stamped', operation: 'CREATE TABLE' });
  });

  test('stays so with weaker records that agree, or that name no version', async () => {
    const { version: _, ...unversioned } = anInput();
    const evidence = [await aStamped(fakeTable()), unversioned, aParam()] as const;
    const { link } = await judge(evidence);
    expect(link).toMatchObject({ certainty: 'stamped', version: 1, conflicts: [] });
    expect(link.evidence.map(({ version }) => version)).toEqual([1, null, 1]);
  });

  test('may name a version that was committed after the run had started', async () => {
    const { link } = await judge([await aStamped(fakeTable(), { version: 2 })], {
      run: { startedAt: march(1) },
    });
    expect(link).toMatchObject({ certainty: 'stamped', version: 2 });
  });

  test('stays so where the table can not be looked at, and that is said', async () => {
    const { link, warnings } = await judge([await aStamped(fakeTable())], { tables: [] });
    expect(link).toMatchObject({
      certainty: 'stamped',
      version: 1,
      committedAt: '2026-03-01T04:10:00.000Z',
      operation: null,
      table: { id: tableId, location: '/tables/features' },
      state: 'unknown',
      stateReason: expect.stringContaining('analytics.features'),
    });
    expect(warnings).toMatchObject([{ code: 'TABLE_UNCHECKED' }]);
  });

  test('is found where it lay when the name points elsewhere by now', async () => {
    const before = fakeTable({ name: 'other.name', location: '/tables/features' });
    const after = fakeTable({ location: '/tables/new', id: otherId });
    const { link, warnings } = await judge([await aStamped(before)], { tables: [after, before] });
    expect(link).toMatchObject({
      certainty: 'stamped',
      state: 'readable',
      table: { ref: 'analytics.features', location: '/tables/features' },
    });
    expect(warnings).toEqual([]);
  });
});

describe('recorded', () => {
  test.each([
    { evidence: anInput(), confidence: 0.9, kind: 'a dataset input' },
    { evidence: aParam(), confidence: 0.8, kind: 'a parameter' },
  ])('is what $kind says and the table confirms', async ({ evidence, confidence }) => {
    const { link } = await judge([evidence]);
    expect(link).toMatchObject({
      certainty: 'recorded',
      confidence,
      version: 1,
      committedAt: '2026-03-02T00:00:00.000Z',
      table: { id: tableId, location: '/tables/features' },
      alias: 'features',
      digest: null,
      rows: null,
      read: null,
    });
  });

  test('is at version 0 where it says so', async () => {
    const { link } = await judge([anInput({ version: 0 })]);
    expect(link).toMatchObject({ certainty: 'recorded', version: 0 });
  });

  test('counts the very instant at which the run started', async () => {
    const { link } = await judge([anInput({ version: 2 })], { run: { startedAt: march(3) } });
    expect(link).toMatchObject({ certainty: 'recorded', version: 2 });
  });

  test('needs no time of the run', async () => {
    const { startedAt: _, ...run } = aRun();
    const { link } = await judgeLink(run, [anInput()], {
      states: tableStates(fakeTables(fakeTable()), { now }),
    });
    expect(link).toMatchObject({ certainty: 'recorded', version: 1 });
  });

  test('is less sure where the table can not be looked at, and that is said', async () => {
    const { link, warnings } = await judge([anInput({ location: '/gone' })], { tables: [] });
    expect(link).toMatchObject({
      certainty: 'recorded',
      version: 1,
      state: 'unknown',
      table: { id: null, location: '/gone' },
    });
    expect(link.confidence).toBeLessThan(0.8);
    expect(warnings).toMatchObject([{ code: 'TABLE_UNCHECKED' }]);
  });

  test('takes the strongest record that names a version, and the id from any', async () => {
    const { version: _, ...unversioned } = anInput({ id: tableId });
    const { link } = await judge([unversioned, aParam({ alias: 'train' })]);
    expect(link).toMatchObject({
      certainty: 'recorded',
      version: 1,
      alias: 'train',
      confidence: 0.8,
    });
  });
});

describe('conflicting', () => {
  const conflict = async (evidence: TableEvidence, options: Parameters<typeof judge>[1] = {}) => {
    const { link } = await judge(evidence, options);
    expect(link.certainty).toBe('conflicting');
    expect(link.why).toContain(link.conflicts[0]);
    return link;
  };

  test('is what a weaker record says otherwise; the strongest is given', async () => {
    const link = await conflict([await aStamped(fakeTable()), anInput({ version: 2 }), aParam()]);
    expect(link.version).toBe(1);
    expect(link.conflicts).toEqual(['dataset input x says version 2']);
    expect(link.evidence.map(({ version }) => version)).toEqual([1, 2, 1]);
  });

  test('is version 0 against another', async () => {
    const link = await conflict([anInput({ version: 0 }), aParam({ version: 1 })]);
    expect(link.version).toBe(0);
    expect(link.conflicts).toEqual(['param feature_table_version says version 1']);
  });

  test('is a version that the table does not have', async () => {
    const link = await conflict([aParam({ version: 9 })]);
    expect(link).toMatchObject({ version: 9, committedAt: null, operation: null });
    expect(link.conflicts).toEqual(['the table has no version 9: its latest is 2']);
  });

  test('is a version that was committed after the run had started', async () => {
    const link = await conflict([anInput({ version: 2 })], { run: { startedAt: march(3) - 1 } });
    expect(link.conflicts).toEqual(['version 2 was committed after the run had started']);
  });

  test('is another table than the one recorded', async () => {
    const { link, warnings } = await judge([anInput({ id: otherId })]);
    expect(link).toMatchObject({ certainty: 'conflicting', state: 'replaced', version: 1 });
    expect(link.conflicts).toEqual([
      `the table there has id ${tableId}, dataset input x names id ${otherId}`,
    ]);
    expect(warnings).toMatchObject([{ code: 'TABLE_REPLACED' }, { code: 'RECORDS_CONFLICT' }]);
  });

  test('is another table than the one of a record that names no version', async () => {
    const { version: _, ...unversioned } = anInput({ id: otherId });
    const link = await conflict([unversioned, aParam()]);
    expect(link.conflicts).toEqual([
      `the table there has id ${tableId}, dataset input x names id ${otherId}`,
    ]);
  });

  test('is another id than that of a stronger record', async () => {
    const link = await conflict([await aStamped(fakeTable()), anInput({ id: otherId })]);
    expect(link.table.id).toBe(tableId);
    expect(link.conflicts).toEqual([`dataset input x names table id ${otherId}`]);
  });

  test('is a log that says otherwise now than when it was stamped', async () => {
    const evidence = await aStamped(fakeTable(), { digest: 'snapshot-v1:other' });
    const link = await conflict([evidence]);
    expect(link).toMatchObject({ state: 'readable', digest: 'snapshot-v1:other' });
    expect(link.conflicts[0]).toContain('snapshot-v1:other');
  });

  test('is a stamped version that the table does not have any more', async () => {
    const stamped = aStampedTable({ version: 9 });
    const { alias, ref, location, id, version } = stamped;
    const where = 'tag asof.stamp';
    const link = await conflict([
      { kind: 'stamp', where, alias, ref, location, id, version, stamped },
    ]);
    expect(link.conflicts).toEqual(['the table has no version 9: its latest is 2']);
  });

  test('is all of that at once', async () => {
    const link = await conflict([anInput({ version: 9 }), aParam({ version: 0, id: otherId })]);
    expect(link.conflicts.length).toBeGreaterThanOrEqual(2);
  });
});

describe('unknown', () => {
  const { version: _, ...unversioned } = anInput();

  test.each([
    { startedAt: march(2), candidates: [1, 0], why: 'what was the latest at the start, and 0' },
    { startedAt: march(1), candidates: [0], why: '0, where that was the latest' },
    { startedAt: march(3) + 5000, candidates: [2, 0], why: 'the latest of today' },
    { startedAt: march(1) - 1, candidates: [], why: 'nothing, where the table was not there yet' },
  ])('is a version that no record names; it may be $why', async ({ startedAt, candidates }) => {
    const { link } = await judge([unversioned], { run: { startedAt } });
    expect(link).toMatchObject({
      certainty: 'unknown',
      confidence: 0,
      version: null,
      committedAt: null,
      operation: null,
      state: 'unknown',
      table: { id: tableId, location: '/tables/features' },
    });
    expect(link.candidates.map(({ version }) => version)).toEqual(candidates);
  });

  test('may be version 0 where nothing else can be told', async () => {
    for (const options of [{ tables: [] }, {}]) {
      const { startedAt: __, ...run } = aRun();
      const tables = fakeTables(...(options.tables ?? [fakeTable()]));
      const { link } = await judgeLink(run, [unversioned], {
        states: tableStates(tables, { now }),
      });
      expect(link.candidates.map(({ version }) => version)).toEqual([0]);
    }
  });

  test('is never the latest, and never 0', async () => {
    const { link } = await judge([unversioned, aParam()]);
    expect(link.version).toBe(1);
  });
});

describe('the state of a version', () => {
  const old = Date.parse('2026-06-01T00:00:00Z');

  test('is replaced where the table has another id', async () => {
    const { link } = await judge([await aStamped(fakeTable())], {
      tables: [fakeTable({ id: otherId })],
    });
    expect(link).toMatchObject({
      state: 'replaced',
      stateReason: expect.stringContaining(otherId),
      certainty: 'stamped',
      committedAt: '2026-03-01T04:10:00.000Z',
    });
  });

  test.each([
    {
      code: 'VERSION_TOO_OLD',
      failure: new LineageError('VERSION_TOO_OLD', {
        table: 't',
        version: 1,
        oldest: 2,
        latest: 2,
      }),
    },
    { code: 'LOG_GAP', failure: new LineageError('LOG_GAP', { table: 't', first: 0, last: 0 }) },
    {
      code: 'LOG_DAMAGED',
      failure: new LineageError('LOG_DAMAGED', { table: 't', file: 'x', problem: 'y' }),
    },
    {
      code: 'CHECKPOINT_DAMAGED',
      failure: new LineageError('CHECKPOINT_DAMAGED', { table: 't', file: 'x', problem: 'y' }),
    },
  ])('is log-lost for $code', async ({ failure }) => {
    const evidence = await aStamped(fakeTable());
    const { link } = await judge([evidence], { tables: [fakeTable({ failures: { 1: failure } })] });
    expect(link).toMatchObject({
      state: 'log-lost',
      stateReason: failure.message,
      certainty: 'stamped',
      committedAt: '2026-03-01T04:10:00.000Z',
    });
  });

  test('is unknown for what says nothing of the log', async () => {
    const failure = new LineageError('FEATURE_UNSUPPORTED', { table: 't', features: ['x'] });
    const { link } = await judge([anInput()], {
      tables: [fakeTable({ failures: { 1: failure } })],
    });
    expect(link).toMatchObject({ state: 'unknown', stateReason: failure.message });
  });

  test('is files-lost where data files are gone or have another size, with their number', async () => {
    const files = ['a', 'b', 'c'].map((path) => aFile({ path }));
    const versions = [...threeVersions.slice(0, 2), { at: '2026-03-03T00:00:00.000Z', files }];
    const state = async (options: Parameters<typeof fakeTable>[0]) =>
      (await judge([anInput({ version: 2 })], { tables: [fakeTable({ versions, ...options })] }))
        .link;
    expect(await state({})).toMatchObject({ state: 'readable' });
    expect(await state({ missing: ['a', 'c'] })).toMatchObject({
      state: 'files-lost',
      stateReason: '2 of 3 data files are gone',
    });
    expect(await state({ sizes: { b: 7 } })).toMatchObject({
      state: 'files-lost',
      stateReason: '1 of 3 data files have another size now',
    });
  });

  test.each([
    { version: 1, at: old, state: 'refused', why: 'older than a week' },
    { version: 1, at: march(2) + 7 * 86_400_000, state: 'readable', why: 'a week old' },
    { version: 1, at: march(2) + 7 * 86_400_000 + 1, state: 'refused', why: 'a moment older' },
    { version: 2, at: old, state: 'readable', why: 'old, but the latest' },
  ])('is $state: $why', async ({ version, at, state }) => {
    expect((await judge([anInput({ version })], { at })).link).toMatchObject({ state });
  });

  test.each([
    { duration: 'interval 200 days', state: 'readable' },
    { duration: 'interval 1 hour', state: 'refused' },
    { duration: 'interval 1 month', state: 'readable' },
  ])("goes by the table's own retention: $duration", async ({ duration, state }) => {
    const properties = { 'delta.deletedFileRetentionDuration': duration };
    const tables = [fakeTable({ properties })];
    expect((await judge([anInput()], { at: old, tables })).link).toMatchObject({ state });
  });

  test('is not refused where nobody knows how old it is', async () => {
    const [first, , third] = threeVersions;
    const versions = [first ?? {}, { files: [aFile()] }, third ?? {}];
    const { link } = await judge([anInput()], { at: old, tables: [fakeTable({ versions })] });
    expect(link).toMatchObject({ state: 'readable', committedAt: null, version: 1 });
  });
});

test('what is no failure of the data goes on as it is', async () => {
  const bug = new TypeError('a bug');
  const table = fakeTable();
  const broken = { ...table, snapshots: { ...table.snapshots, audit: () => Promise.reject(bug) } };
  await expect(judge([anInput()], { tables: [broken] })).rejects.toBe(bug);
});

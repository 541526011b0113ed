import { describe, expect, test } from 'vitest';
import { aModelVersion, aRun, aStamp, aStampedTable } from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import type { LineageError } from '../base/errors.ts';
import { recordOf, type Stamp, stampManifest } from './stamp.ts';
import { stampRun } from './stamp-run.ts';
import { stampOn } from './wire-stamp.ts';

const { id } = aRun();

test('a run gets parameters, tags, inputs and the whole stamp as an artifact; the journal a copy', async () => {
  const registry = fakeRegistry({ runs: [aRun({ params: { lr: '0.1' } })] });
  const stamp = aStamp();
  const stamped = await stampRun(registry, id, stamp);
  expect(stamped).toEqual({ runId: id, stamp, wasStamped: false, hasManifest: true, models: [] });
  const { params, tags, inputs } = recordOf(stamp);
  expect(registry.run(id)).toMatchObject({ params: { ...params, lr: '0.1' }, tags, inputs });
  expect(registry.artifacts.get(`${id}/asof/stamp.json`)).toBe(stampManifest(stamp));
  expect(registry.entries).toEqual([
    { store: 'the fake registry', runId: id, stamp: JSON.stringify(stamp) },
  ]);
});

test('models registered from the run are annotated, others are not', async () => {
  const versions = [
    aModelVersion({ version: 1 }),
    aModelVersion({ version: 2, runId: 'other' }),
    aModelVersion({ name: 'second', version: 1 }),
  ];
  const registry = fakeRegistry({ runs: [aRun()], versions });
  const { models } = await stampRun(registry, id, aStamp());
  expect(models.map(({ name, version }) => `${name}/${version}`)).toEqual([
    'churn_model/1',
    'second/1',
  ]);
  const dataOf = (name: string, version: number) =>
    registry.version(name, version).tags['asof.data'];
  expect(dataOf('churn_model', 1)).toBe('analytics.features@v47');
  expect(dataOf('second', 1)).toBe('analytics.features@v47');
  expect(dataOf('churn_model', 2)).toBeUndefined();
});

describe('stamped again', () => {
  const stampTwice = async (first: Stamp, second: Stamp) => {
    const registry = fakeRegistry({ runs: [aRun()] });
    await stampRun(registry, id, first);
    const before = registry.run(id);
    const outcome = await stampRun(registry, id, second).catch((error: LineageError) => error);
    return { before, after: registry.run(id), outcome };
  };

  test('with the same, later and by another asof, the first stays', async () => {
    const first = aStamp({ code: { commit: 'abc' } });
    const second = aStamp({
      at: '2027-01-01T00:00:00.000Z',
      asof: '9.9.9',
      code: { commit: 'def' },
    });
    const { before, after, outcome } = await stampTwice(first, second);
    expect(outcome).toMatchObject({ wasStamped: true, stamp: first });
    expect(after).toEqual(before);
  });

  test('with row digests that the first lacks it gets them; others are other data', async () => {
    const digested = (rowDigest: string) => aStamp({ tables: [aStampedTable({ rowDigest })] });
    const { outcome } = await stampTwice(aStamp(), digested('rows-v1:1'));
    expect(outcome).toMatchObject({ stamp: digested('rows-v1:1') });
    expect(await stampTwice(digested('rows-v1:1'), aStamp())).toMatchObject({
      outcome: { stamp: digested('rows-v1:1') },
    });
    expect(await stampTwice(digested('rows-v1:1'), digested('rows-v1:2'))).toMatchObject({
      outcome: { code: 'RUN_ALREADY_STAMPED' },
    });
  });

  test('with the same under another name or location it is the same', async () => {
    const tables = [aStampedTable({ ref: 'prod.features', location: '/copy', rows: 11 })];
    const { outcome } = await stampTwice(aStamp(), aStamp({ tables }));
    expect(outcome).toMatchObject({ wasStamped: true, stamp: aStamp() });
  });

  test.each([
    { fields: { version: 48 }, what: 'its data', why: 'another version' },
    { fields: { version: 0 }, what: 'its data', why: 'version 0' },
    { fields: { alias: 'other' }, what: 'its data', why: 'another alias' },
    { fields: { id: 'other' }, what: 'what is read', why: 'another table of the same name' },
    { fields: { digest: 'snapshot-v1:x' }, what: 'what is read', why: 'another content' },
    { fields: { read: { columns: ['a'] } }, what: 'what is read', why: 'other columns' },
    { fields: { read: { seed: 0 } }, what: 'what is read', why: 'a seed' },
  ])('with $why it is refused, and nothing is written', async ({ fields, what }) => {
    const { before, after, outcome } = await stampTwice(
      aStamp(),
      aStamp({ tables: [aStampedTable(fields)] }),
    );
    expect(outcome).toMatchObject({
      code: 'RUN_ALREADY_STAMPED',
      details: { runId: id, what: expect.stringContaining(what) },
    });
    expect(after).toEqual(before);
  });

  test('with one table more it is refused', async () => {
    const tables = [aStampedTable(), aStampedTable({ alias: 'labels' })];
    const { outcome } = await stampTwice(aStamp(), aStamp({ tables }));
    expect(outcome).toMatchObject({ code: 'RUN_ALREADY_STAMPED' });
  });
});

test('what somebody stamped by hand otherwise is not overwritten', async () => {
  const run = aRun({ params: { feature_table: 'a.t', feature_table_version: '46' } });
  const registry = fakeRegistry({ runs: [run] });
  await expect(stampRun(registry, id, aStamp())).rejects.toMatchObject({
    code: 'RUN_ALREADY_STAMPED',
  });
  expect(registry.run(id)).toEqual(run);
  expect(registry.entries).toEqual([]);
});

test('a stamp that can not be read is not overwritten', async () => {
  const run = aRun({ tags: { 'asof.stamp': 'edited' } });
  const registry = fakeRegistry({ runs: [run] });
  await expect(stampRun(registry, id, aStamp())).rejects.toMatchObject({ code: 'STAMP_INVALID' });
  expect(registry.run(id)).toEqual(run);
});

test('one too large for a tag leaves the run as it was', async () => {
  const registry = fakeRegistry({ runs: [aRun()] });
  const tables = [aStampedTable({ read: { columns: ['x'.repeat(6000)] } })];
  await expect(stampRun(registry, id, aStamp({ tables }))).rejects.toMatchObject({
    code: 'STAMP_TOO_LARGE',
  });
  expect(registry.run(id)).toEqual(aRun());
});

test('a stamp in several tags is stamped again like any other', async () => {
  const registry = fakeRegistry({ runs: [aRun()] });
  const read = { columns: ['x'.repeat(4000)] };
  const tables = ['a', 'b'].map((alias) => aStampedTable({ alias, read }));
  await stampRun(registry, id, aStamp({ tables }));
  const { wasStamped } = await stampRun(registry, id, aStamp({ tables }));
  expect(wasStamped).toBe(true);
  expect(stampOn(registry.run(id))).toEqual(aStamp({ tables }));
});

test('a run that is not there is named', async () => {
  await expect(stampRun(fakeRegistry(), id, aStamp())).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
    details: { runId: id },
  });
});

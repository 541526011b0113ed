import { describe, expect, test } from 'vitest';
import { aDeltaInput, aRun, aStamp, aStampedTable, tableId } from '../../test/support/builders.ts';
import { evidenceOn } from './evidence-on.ts';

const params = (record: Readonly<Record<string, string>>) =>
  evidenceOn(aRun({ params: record }), undefined, []);
const inputs = (...given: Parameters<typeof aDeltaInput>[]) =>
  evidenceOn(aRun({ inputs: given.map((input) => aDeltaInput(...input)) }), undefined, []).evidence;

test('a run that records nothing gives none', () => {
  expect(evidenceOn(aRun({ params: { lr: '0.1' }, tags: { a: 'b' } }), undefined, [])).toEqual({
    evidence: [],
    warnings: [],
    unnamed: [],
  });
});

describe('a stamp', () => {
  test('gives one a table, with all that it holds', () => {
    const tables = [aStampedTable(), aStampedTable({ alias: 'labels', version: 0 })];
    const { evidence } = evidenceOn(aRun(), aStamp({ tables }), []);
    expect(evidence).toEqual(
      tables.map((stamped) => ({
        kind: 'stamp',
        where: 'tag asof.stamp',
        alias: stamped.alias,
        ref: 'analytics.features',
        location: '/tables/features',
        id: tableId,
        version: stamped.version,
        stamped,
      })),
    );
  });

  test('in several tags says in which each table stands', () => {
    const { evidence } = evidenceOn(aRun({ tags: { 'asof.table.features': '…' } }), aStamp(), []);
    expect(evidence).toMatchObject([{ where: 'tag asof.table.features' }]);
  });
});

describe('a dataset input', () => {
  test.each([
    {
      source: {
        delta_table_name: 'main.a.t',
        delta_table_version: 7,
        delta_table_id: tableId,
        path: null,
      },
      found: { ref: 'main.a.t', version: 7, id: tableId },
      why: 'by name',
    },
    {
      source: { path: '/t', delta_table_version: 7 },
      found: { ref: '/t', version: 7 },
      why: 'by path',
    },
    {
      source: { path: '/t', delta_table_name: 'a.t', delta_table_version: 7 },
      found: { ref: 'a.t', version: 7 },
      why: 'by name and path: the name',
    },
    {
      source: { path: '/t', delta_table_version: '7' },
      found: { ref: '/t', version: 7 },
      why: 'version as text',
    },
    {
      source: { path: '/t', delta_table_version: 0 },
      found: { ref: '/t', version: 0 },
      why: 'version 0',
    },
    {
      source: { path: '/t', delta_table_version: '0' },
      found: { ref: '/t', version: 0 },
      why: '0 as text',
    },
    { source: { path: '/t' }, found: { ref: '/t' }, why: 'without a version: unknown, not 0' },
    {
      source: { path: '/t', delta_table_version: null },
      found: { ref: '/t' },
      why: 'with null for one',
    },
    {
      source: { path: '/t', delta_table_version: 'v7' },
      found: { ref: '/t' },
      why: 'with a text that is none',
    },
    { source: { path: '/t', delta_table_version: -1 }, found: { ref: '/t' }, why: 'below 0' },
    { source: { path: '/t', delta_table_version: 7.5 }, found: { ref: '/t' }, why: 'at 7.5' },
    {
      source: { path: '/t', delta_table_version: '9007199254740993' },
      found: { ref: '/t' },
      why: 'at a version that a number can not hold',
    },
    {
      source: { path: '/t', extra: 1, delta_table_id: null },
      found: { ref: '/t' },
      why: 'with other fields',
    },
  ])('names a table: $why', ({ source, found }) => {
    const dataset = { name: 'dataset', digest: '1a2b3c4d' };
    expect(inputs([source])).toEqual([
      { kind: 'dataset-input', where: 'dataset input dataset', dataset, ...found },
    ]);
  });

  test.each([
    { source: {}, fields: {}, why: 'that names neither path nor table' },
    { source: { path: '/t' }, fields: { sourceType: 'code' }, why: 'of code' },
    { source: {}, fields: { source: 'not JSON' }, why: 'whose source is not JSON' },
    { source: {}, fields: { source: 'null' }, why: 'whose source is null' },
    { source: { path: 47 }, fields: {}, why: 'whose path is a number' },
  ])('$why gives none', ({ source, fields }) => {
    expect(inputs([source, fields])).toEqual([]);
  });

  test.each([
    'eval',
    'evaluation',
    'Eval',
    'test',
    'testing',
    'validation',
    'valid',
    'model/eval',
    'backtest',
    'inference',
    'batch-scoring',
    'predictions',
  ])('that the model is measured with, or applied to, gives none: %s', (context) => {
    expect(inputs([{ path: '/t' }, { context }])).toEqual([]);
  });

  test.each(['training', 'train', 'Training', '', 'latest', 'features', 'predictors', undefined])(
    'of any other context does: %s',
    (context) => {
      const { context: _, ...input } = aDeltaInput({ path: '/t' });
      const run = aRun({ inputs: [context === undefined ? input : { ...input, context }] });
      expect(evidenceOn(run, undefined, []).evidence).toHaveLength(1);
    },
  );
});

describe('parameters', () => {
  test.each([
    { text: '47', version: 47 },
    { text: '0', version: 0 },
    { text: 'v7', version: 7 },
    { text: 'V7', version: 7 },
    { text: ' 7 ', version: 7 },
    { text: '007', version: 7 },
  ])("feature_table and feature_table_version, written '$text'", ({ text, version }) => {
    expect(params({ feature_table: 'a.t', feature_table_version: text })).toEqual({
      evidence: [{ kind: 'param', where: 'param feature_table_version', ref: 'a.t', version }],
      warnings: [],
      unnamed: [],
    });
  });

  test.each(['', '7.0', '-1', 'latest', '2026-01-31', '1e3', 'v', '7 8', '9007199254740993'])(
    "'%s' is no version: the table is named, its version unknown, and that is said",
    (text) => {
      const { evidence, warnings } = params({ feature_table: 'a.t', feature_table_version: text });
      expect(evidence).toEqual([
        { kind: 'param', where: 'param feature_table_version', ref: 'a.t' },
      ]);
      expect(warnings).toMatchObject([{ code: 'VERSION_UNREADABLE' }]);
      expect(warnings[0]?.message).toContain(`'${text}'`);
    },
  );

  test('of any alias are read, in the order in which they stand', () => {
    const { evidence } = params({
      labels_table: 'a.l',
      labels_table_version: '3',
      feature_table: 'a.t',
      feature_table_version: '47',
    });
    expect(evidence).toMatchObject([
      { alias: 'labels', ref: 'a.l', version: 3, where: 'param labels_table_version' },
      { ref: 'a.t', version: 47 },
    ]);
    expect(evidence[1]).not.toHaveProperty('alias');
  });

  test.each([
    { record: { feature_table_version: '47' }, why: 'a version without a table' },
    { record: { feature_table: '', feature_table_version: '47' }, why: 'an empty table' },
    { record: { _version: '47', other: 'a.t' }, why: 'other names' },
  ])('of $why say nothing', ({ record }) => {
    expect(params(record as Record<string, string>).evidence).toEqual([]);
  });

  test('under names of their own are read where they are configured', () => {
    const run = aRun({ params: { data_v: '12', labels_v: 'none' } });
    const { evidence, warnings } = evidenceOn(run, undefined, [
      { version: 'data_v', table: 'a.t' },
      { version: 'labels_v', table: 'a.l' },
      { version: 'missing', table: 'a.m' },
    ]);
    expect(evidence).toEqual([
      { kind: 'param', where: 'param data_v', ref: 'a.t', version: 12 },
      { kind: 'param', where: 'param labels_v', ref: 'a.l' },
    ]);
    expect(warnings).toMatchObject([{ code: 'VERSION_UNREADABLE' }]);
  });

  test('training_data_version alone does not say of which table, and is kept apart', () => {
    const run = aRun({ params: { training_data_version: '47' } });
    expect(evidenceOn(run, undefined, [])).toMatchObject({
      evidence: [],
      unnamed: [{ kind: 'param', key: 'training_data_version', version: 47 }],
    });
    const table = { version: 'training_data_version', table: 'a.t' };
    expect(evidenceOn(run, undefined, [table])).toMatchObject({
      evidence: [{ ref: 'a.t', version: 47 }],
      unnamed: [],
    });
  });
});

test('a table that is named without a version counts where nothing else does', () => {
  const params = { feature_table: 'a.t' };
  expect(evidenceOn(aRun({ params }), undefined, []).evidence).toEqual([
    { kind: 'param', where: 'param feature_table', ref: 'a.t', isPlace: true, isVersionless: true },
  ]);
  const inputs = [aDeltaInput({ path: '/t', delta_table_version: 2 })];
  const { evidence } = evidenceOn(aRun({ params, inputs }), undefined, []);
  expect(evidence.map(({ kind }) => kind)).toEqual(['dataset-input']);
});

test('the strongest comes first: stamp, then dataset inputs, then parameters', () => {
  const run = aRun({
    params: { feature_table: 'a.t', feature_table_version: '1' },
    inputs: [aDeltaInput({ path: '/t', delta_table_version: 2 })],
  });
  const { evidence } = evidenceOn(run, aStamp(), []);
  expect(evidence.map(({ kind, version }) => [kind, version])).toEqual([
    ['stamp', 47],
    ['dataset-input', 2],
    ['param', 1],
  ]);
});

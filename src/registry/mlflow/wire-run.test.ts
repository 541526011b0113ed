import { expect, test } from 'vitest';
import { parseWire } from '../../base/wire.ts';
import { wireRunAnswer } from './wire-run.ts';

const info = { run_id: 'ab12', experiment_id: '3', status: 'FINISHED', start_time: 1795462202037 };
const read = (run: object) => parseWire(wireRunAnswer, { run }, 'GET runs/get');

test('what MLflow leaves out when it is empty is empty', () => {
  for (const run of [{ info }, { info, data: {}, inputs: {}, outputs: {} }]) {
    expect(read(run)).toEqual({
      run: {
        id: 'ab12',
        experimentId: '3',
        status: 'FINISHED',
        startedAt: 1795462202037,
        params: {},
        tags: {},
        metrics: {},
        inputs: [],
        isDeleted: false,
      },
      artifactUri: undefined,
      lastMetrics: [],
    });
  }
});

test.each([
  { why: 'a number', start_time: 1795462202037 },
  { why: 'text', start_time: '1795462202037' },
])('a time may be $why', ({ start_time }) => {
  expect(read({ info: { ...info, start_time } }).run.startedAt).toBe(1795462202037);
});

test.each([
  { why: 'as a number', start_time: 2 ** 60 },
  { why: 'as text', start_time: String(2n ** 60n + 1n) },
  { why: 'that is none', start_time: 'yesterday' },
])('a time past what a number holds exactly is refused: $why', ({ start_time }) => {
  expect(() => read({ info: { ...info, start_time } })).toThrow(
    expect.objectContaining({ code: 'UNEXPECTED_RESPONSE' }),
  );
});

test('metrics that JSON does not have come as text, and infinities as the largest double', () => {
  const metrics = [
    { key: 'a', value: 'NaN', timestamp: '1' },
    { key: 'b', value: 'Infinity', timestamp: 1, step: '7' },
    { key: 'c', value: -Number.MAX_VALUE, timestamp: 1 },
    { key: 'd', value: 0.1 },
  ];
  const { run, lastMetrics } = read({ info, data: { metrics } });
  expect(run.metrics).toEqual({ a: NaN, b: Infinity, c: -Infinity, d: 0.1 });
  expect(lastMetrics[1]).toEqual({ key: 'b', value: Infinity, timestamp: 1, step: 7 });
});

test('params and tags of any name are kept, also such as every object has', () => {
  const params = [
    { key: '__proto__', value: 'a' },
    { key: 'constructor', value: 'b' },
    { key: 'c' },
  ];
  const { run } = read({ info, data: { params } });
  expect(Object.entries(run.params)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['c', ''],
  ]);
});

test('an input keeps its source as text, and its context is a tag', () => {
  const source = '{"path": "/d",  "delta_table_version": 0}';
  const dataset = { name: 'n', digest: 'd', source_type: 'delta_table', source, schema: '{}' };
  const tags = [{ key: 'mlflow.data.context', value: 'train' }];
  const bare = { name: 'bare', digest: 'e' };
  const { run } = read({
    info,
    inputs: { dataset_inputs: [{ tags, dataset }, { dataset: bare }] },
  });
  expect(run.inputs).toEqual([
    { name: 'n', digest: 'd', sourceType: 'delta_table', source, context: 'train', schema: '{}' },
    { name: 'bare', digest: 'e', sourceType: '', source: '' },
  ]);
});

test('unknown fields and nulls do no harm, and a deleted run says so', () => {
  const noisy = { ...info, end_time: null, lifecycle_stage: 'deleted', workspace: 'x', a: [1] };
  const { run } = read({ info: noisy, data: { params: null, z: 1 }, more: {} });
  expect(run).toMatchObject({ isDeleted: true, params: {} });
  expect(run).not.toHaveProperty('endedAt');
});

test('very old servers call the id run_uuid, and keep the name as a tag', () => {
  const tags = [{ key: 'mlflow.runName', value: 'old' }];
  const { run_id: _, ...rest } = info;
  const { run } = read({ info: { ...rest, run_uuid: 'cd34' }, data: { tags } });
  expect(run).toMatchObject({ id: 'cd34', name: 'old' });
});

test.each([
  { why: 'no id', run: { info: { experiment_id: '3' } } },
  { why: 'a status that nobody knows', run: { info: { ...info, status: 'DREAMING' } } },
  { why: 'no info', run: {} },
])('a run with $why is refused', ({ run }) => {
  expect(() => read(run)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_RESPONSE' }));
});

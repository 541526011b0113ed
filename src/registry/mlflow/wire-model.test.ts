import { expect, test } from 'vitest';
import { parseWire } from '../../base/wire.ts';
import { wireModelPage, wireVersionAnswer, wireVersionPage } from './wire-model.ts';

const read = (fields: object) =>
  parseWire(
    wireVersionAnswer,
    { model_version: { name: 'churn', version: '3', ...fields } },
    'GET model-versions/get',
  );

test('a version number is text on the wire, or a number', () => {
  expect(read({})).toEqual({ name: 'churn', version: 3, aliases: [], tags: {} });
  expect(read({ version: 3 })).toMatchObject({ version: 3 });
});

test('what is empty or None is absent', () => {
  const empty = { current_stage: 'None', run_id: '', description: '', source: '', tags: null };
  expect(read(empty)).toEqual(read({}));
});

test('all of it has its place', () => {
  const wire = {
    current_stage: 'Production',
    aliases: ['b', 'a'],
    run_id: 'ab12',
    source: 'models:/m-846c',
    description: 'd',
    tags: [{ key: 'k', value: 'v' }],
    creation_timestamp: 1,
    last_updated_timestamp: '2',
    status: 'READY',
  };
  expect(read(wire)).toEqual({
    name: 'churn',
    version: 3,
    stage: 'Production',
    aliases: ['a', 'b'],
    runId: 'ab12',
    loggedModelId: 'm-846c',
    source: 'models:/m-846c',
    description: 'd',
    tags: { k: 'v' },
    createdAt: 1,
    updatedAt: 2,
  });
});

test.each([
  { source: 'runs:/cd34/model', run_id: '', runId: 'cd34' },
  { source: 'runs:/cd34', run_id: '', runId: 'cd34' },
  { source: 'runs:/cd34/model', run_id: 'ab12', runId: 'ab12' },
  { source: 's3://bucket/runs:/cd34', run_id: '', runId: undefined },
  { source: 'models:/other/3', run_id: '', runId: undefined },
])("the run of run_id '$run_id' and source $source is $runId", ({ source, run_id, runId }) => {
  expect(read({ source, run_id }).runId).toBe(runId);
});

test('the logged model is in model_id or in the source', () => {
  expect(read({ model_id: 'm-1', source: 'dbfs:/x' }).loggedModelId).toBe('m-1');
  expect(read({ source: 'models:/m-2' }).loggedModelId).toBe('m-2');
  expect(read({ source: 'models:/m-2/5' }).loggedModelId).toBeUndefined();
  expect(read({ source: 'models:/m-2@champion' }).loggedModelId).toBeUndefined();
});

test('an empty page is the empty object', () => {
  expect(parseWire(wireVersionPage, {}, 'x')).toEqual({ items: [], next: undefined });
  expect(parseWire(wireModelPage, { next_page_token: '' }, 'x')).toEqual({ items: [] });
});

test('a version that is no number is refused', () => {
  expect(() => read({ version: 'three' })).toThrow(
    expect.objectContaining({ code: 'UNEXPECTED_RESPONSE' }),
  );
});

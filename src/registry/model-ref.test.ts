import { expect, test } from 'vitest';
import { formatModelVersion, parseModelRef, parseStage } from './model-ref.ts';

test.each([
  { text: 'churn_model', ref: { kind: 'name', name: 'churn_model' } },
  { text: 'models:/churn_model', ref: { kind: 'name', name: 'churn_model' } },
  { text: 'churn model é', ref: { kind: 'name', name: 'churn model é' } },
  { text: 'main.ml.churn', ref: { kind: 'name', name: 'main.ml.churn' } },
  { text: 'models:/churn/3', ref: { kind: 'version', name: 'churn', version: 3 } },
  { text: 'MODELS:/churn/3', ref: { kind: 'version', name: 'churn', version: 3 } },
  { text: 'models://churn/3', ref: { kind: 'version', name: 'churn', version: 3 } },
  { text: 'models:churn/3', ref: { kind: 'version', name: 'churn', version: 3 } },
  { text: 'churn/3', ref: { kind: 'version', name: 'churn', version: 3 } },
  { text: 'models:/churn/0', ref: { kind: 'version', name: 'churn', version: 0 } },
  { text: 'models:/churn/Production', ref: { kind: 'stage', name: 'churn', stage: 'Production' } },
  { text: 'models:/churn/pRODUCTION', ref: { kind: 'stage', name: 'churn', stage: 'Production' } },
  { text: 'models:/churn/none', ref: { kind: 'stage', name: 'churn', stage: 'None' } },
  { text: 'models:/churn@champion', ref: { kind: 'alias', name: 'churn', alias: 'champion' } },
  { text: 'churn@champion', ref: { kind: 'alias', name: 'churn', alias: 'champion' } },
  { text: 'models:/a@b@champion', ref: { kind: 'alias', name: 'a@b', alias: 'champion' } },
  { text: 'models:/a@b/3', ref: { kind: 'version', name: 'a@b', version: 3 } },
  { text: 'models:/m-0123456789abcdef', ref: { kind: 'logged-model', id: 'm-0123456789abcdef' } },
  { text: 'models:/m-short', ref: { kind: 'name', name: 'm-short' } },
  { text: 'runs:/828a', ref: { kind: 'run', runId: '828a' } },
  { text: 'runs:/828a/model', ref: { kind: 'run', runId: '828a' } },
  { text: 'RUNS:/828a', ref: { kind: 'run', runId: '828a' } },
  { text: 'runs:///828a/', ref: { kind: 'run', runId: '828a' } },
])('$text is $ref.kind', ({ text, ref }) => {
  expect(parseModelRef(text)).toEqual(ref);
});

test.each([
  { text: '', why: 'nothing' },
  { text: 'models:/', why: 'no name' },
  { text: 'models:/churn/', why: 'nothing behind the slash' },
  { text: 'models:/churn@', why: 'no alias' },
  { text: 'models:/a/b/3', why: 'a slash in the name' },
  { text: 'models:/churn/-1', why: 'a version below 0' },
  { text: 'models:/churn/1.5', why: 'half a version' },
  { text: 'runs:/', why: 'no run' },
  { text: 's3://bucket/model', why: 'another scheme' },
  { text: 'http://host/model', why: 'a web address' },
])("'$text' is refused: $why", ({ text }) => {
  expect(() => parseModelRef(text)).toThrow(
    expect.objectContaining({
      code: 'MODEL_REF_INVALID',
      details: expect.objectContaining({ text }),
    }),
  );
});

test.each(['runs:/', 'runs:', 'runs:828a'])("'%s' is told to lack a run's id", (text) => {
  expect(() => parseModelRef(text)).toThrow('behind runs:/ comes the id of a run');
});

test('a stage that does not exist is named, with the nearest', () => {
  expect(() => parseModelRef('models:/churn/Prodction')).toThrow(
    expect.objectContaining({
      code: 'STAGE_UNKNOWN',
      details: { stage: 'Prodction', closest: 'Production' },
    }),
  );
  expect(() => parseStage('live')).toThrow(
    expect.objectContaining({ details: { stage: 'live', closest: undefined } }),
  );
});

test('a model version that is written out reads as the same again', () => {
  expect(parseModelRef(formatModelVersion('churn model', 3))).toEqual({
    kind: 'version',
    name: 'churn model',
    version: 3,
  });
});

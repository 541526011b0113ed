import { expect, test } from 'vitest';
import { aModelVersion } from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import { makersOf } from './model-makers.ts';

const copy = aModelVersion({ runId: 'a', source: 'models:/dev/1', createdAt: 2000 });
const made = async (createdAt: number) => {
  const original = aModelVersion({ name: 'dev', version: 1, runId: 'b', createdAt });
  const { models } = fakeRegistry({ versions: [original, copy] });
  return makersOf({ version: copy, runId: 'a', isRunAsked: false }, models, {});
};

test('the files of a copy are those of the version that it was made of', async () => {
  expect(await made(1000)).toEqual({ named: 'a', files: 'b' });
});

test('a version that was made after the copy, in a model that was deleted and made again, is another', async () => {
  expect(await made(3000)).toEqual({ named: 'a', files: 'a' });
});

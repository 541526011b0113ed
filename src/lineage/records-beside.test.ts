import { expect, test } from 'vitest';
import { aModelVersion, aRun, aStamp } from '../../test/support/builders.ts';
import { LineageError } from '../base/errors.ts';
import type { ArtifactOwner, ArtifactReader } from '../registry/artifact-reader.ts';
import type { Run } from '../registry/run.ts';
import { recordsBeside } from './records-beside.ts';
import { recordOf, stampTag } from './stamp.ts';

const metadata =
  'metadata:\n  feature_table: analytics.t\n  feature_table_version: 3\nflavors: {}\n';

/** A server that has some logged models and files, and what was asked of it. */
function aServer(
  found: readonly string[],
  files: Readonly<Record<string, string>> = {},
  kept: readonly string[] = [],
) {
  const asked: string[] = [];
  const refused = (source: string) =>
    new LineageError('SERVER_REFUSED', { source, status: 403, problem: 'no' });
  const artifactReader: ArtifactReader = {
    async list({ id }, folder) {
      asked.push(`list ${id} ${folder}`);
      throw refused('artifacts');
    },
    async read({ id }, path) {
      asked.push(`read ${id} ${path}`);
      const text = files[`${id} ${path}`];
      if (text === undefined) throw refused('artifacts');
      return text;
    },
  };
  const loggedModel = async (id: string) => {
    asked.push(id);
    if (found.includes(id)) return { id };
    throw new LineageError('LOGGED_MODEL_NOT_FOUND', { modelId: id, registry: 'MLflow' });
  };
  const models = {
    loggedModel,
    loggedModels: async (ids: readonly string[]) => {
      asked.push(ids.join(' '));
      return new Map(ids.slice(0, 1).map((id) => [id, { id }]));
    },
  };
  const search = {
    firstWith: async () => [],
    childrenOf: async (run: Run) => {
      asked.push(`children ${run.id}`);
      return [aRun({ id: 'child' })];
    },
  };
  const mirror = { hasFiles: ({ id }: ArtifactOwner) => kept.includes(id) };
  return { asked, registry: { models, search, artifactReader, mirror } };
}

const params = { feature_table: 'analytics.t', feature_table_version: '3' };
const history = { 'mlflow.log-model.history': '[{"artifact_path": "model"}]' };

test('logged models are asked for together, those that were not had so by themselves, those that are gone not again', async () => {
  const { asked, registry } = aServer(['m-2']);
  const sighted = ['m-1', 'm-2', 'm-3'].map((loggedModelId) => ({
    version: aModelVersion({ loggedModelId }),
    run: aRun({ tags: recordOf(aStamp()).tags }),
  }));
  const { loggedModels, files } = await recordsBeside(sighted, registry, { isFull: false });
  expect(loggedModels.map(({ id }) => id)).toEqual(['m-1', 'm-2']);
  // A run that asof stamped needs no files.
  expect(files).toEqual([]);
  expect(asked).toEqual(['m-1 m-2 m-3', 'm-2', 'm-3']);
});

test('of files what tells of data is kept, or why they can not be had; those of runs without a model are not looked for', async () => {
  const { asked, registry } = aServer(['m-1'], {
    'r model/MLmodel': metadata,
    'm-1 MLmodel': 'flavors: {}\n',
  });
  const sighted = [
    { run: aRun({ id: 'r', params, tags: history }) },
    { version: aModelVersion({ loggedModelId: 'm-1' }), run: aRun({ id: 's', params }) },
    { run: aRun({ id: 'refused', params, tags: history }) },
    { run: aRun({ id: 'bare' }) },
  ];
  const { files } = await recordsBeside(sighted, registry, { isFull: false });
  const text = '{"metadata":{"feature_table":"analytics.t","feature_table_version":"3"}}';
  expect(files).toMatchObject([
    { owner: { kind: 'run', id: 'r' }, texts: new Map([['model/MLmodel', text]]) },
    { owner: { kind: 'logged-model', id: 'm-1' }, texts: new Map([['MLmodel', '']]) },
    { owner: { kind: 'run', id: 'refused' }, problem: expect.stringContaining('SERVER_REFUSED') },
  ]);
  expect(asked.filter((what) => what.includes('bare'))).toEqual([]);
});

test('files that are kept are looked at again when their run has ended, and in full', async () => {
  const files = { 'r model/MLmodel': '', 'm-1 MLmodel': '', 'm-2 MLmodel': '' };
  const { asked, registry } = aServer(['m-1', 'm-2'], files, ['r', 'm-1']);
  const run = aRun({ id: 'r', params, tags: history, status: 'RUNNING' });
  const ended = { ...run, status: 'FINISHED' as const };
  const version = (loggedModelId: string) => aModelVersion({ loggedModelId });
  const read = async (sighted: Parameters<typeof recordsBeside>[0], isFull: boolean) => {
    asked.length = 0;
    await recordsBeside(sighted, registry, { isFull });
    return asked.filter((what) => what.startsWith('read'));
  };
  const all = ['read r model/MLmodel', 'read m-1 MLmodel', 'read m-2 MLmodel'];
  const sighted = (one: typeof run | typeof ended) => [
    { run: one },
    { run: one, version: version('m-1') },
    { run: one, version: version('m-2') },
  ];
  expect(await read(sighted(run), false)).toEqual(all.slice(2));
  expect(await read(sighted(ended), false)).toEqual([all[0], all[2]]);
  expect(await read(sighted(run), true)).toEqual(all);
});

test('a run with a stamp that cannot be read is looked at as one without', async () => {
  const { registry } = aServer([]);
  const run = aRun({ id: 'edited', tags: { [stampTag]: '{' } });
  const { files, children } = await recordsBeside([{ run }], registry, { isFull: true });
  expect(files.map(({ owner }) => owner.id)).toEqual(['edited']);
  expect(children.map(({ parentId }) => parentId)).toEqual(['edited']);
});

test('in full, also the files and the children of runs that say no version are looked at', async () => {
  const { asked, registry } = aServer([]);
  const sighted = [{ run: aRun({ id: 'bare' }) }, { run: aRun({ id: 'says', params }) }];
  const { files, children } = await recordsBeside(sighted, registry, { isFull: true });
  expect(files.map(({ owner }) => owner.id)).toEqual(['bare']);
  expect(children).toEqual([{ parentId: 'bare', runs: [aRun({ id: 'child' })] }]);
  expect(asked.filter((what) => what !== '')).toEqual(['list bare ', 'children bare']);
});

test('a store of files that is slow, or denies a login, keeps no one from the rest', async () => {
  const { registry } = aServer(['m-1']);
  const url = 'http://h';
  const codes: string[] = [];
  for (const error of [
    new LineageError('SERVER_TIMEOUT', { url, seconds: 120 }),
    new LineageError('LOGIN_REFUSED', { url, status: 403, using: 'no login' }),
  ]) {
    const failure = async () => {
      throw error;
    };
    const slow = { ...registry, artifactReader: { list: failure, read: failure } };
    const sighted = [{ run: aRun({ params, tags: history }) }];
    const { files } = await recordsBeside(sighted, slow, { isFull: false });
    expect(files).toMatchObject([{ problem: expect.stringContaining(error.code) }]);
    codes.push(error.code);
  }
  expect(codes).toEqual(['SERVER_TIMEOUT', 'LOGIN_REFUSED']);
});

test('a server that is down keeps nothing', async () => {
  const { registry } = aServer(['m-1']);
  const failure = async () => {
    throw new LineageError('SERVER_UNREACHABLE', { url: 'http://h', problem: 'it is down' });
  };
  const down = { ...registry, artifactReader: { list: failure, read: failure } };
  const sighted = [{ run: aRun({ params, tags: history }) }];
  await expect(recordsBeside(sighted, down, { isFull: false })).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
  });
});

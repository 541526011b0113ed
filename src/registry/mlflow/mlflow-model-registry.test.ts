import { expect, test } from 'vitest';
import type { MlflowClient } from './client.ts';
import { mlflowModelRegistry } from './mlflow-model-registry.ts';
import { proxiedRoot } from './mlflow-run-store.ts';
import { nameFilter } from './model-search.ts';

/** A client that answers each route with what it is given, by turns where that is a list; it remembers what was asked. */
function fakeClient(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const unexpected = () => Promise.reject(new Error('not expected'));
  const client: MlflowClient = {
    title: 'MLflow at http://h',
    isUnityCatalog: false,
    isOnDatabricks: false,
    base: new URL('http://h/'),
    async get(route, query, schema) {
      asked.push(route);
      const answer = answers[`${route} ${query['page_token'] ?? ''}`.trim()] ?? {};
      return schema.parse(answer);
    },
    post: unexpected,
    create: unexpected,
    patch: unexpected,
    file: unexpected,
    putArtifact: unexpected,
  };
  return { asked, registry: mlflowModelRegistry(client, client, {}) };
}

const aVersion = (fields: object) => ({ name: 'churn', version: '1', run_id: 'ab12', ...fields });

test('one version takes one request', async () => {
  const { asked, registry } = fakeClient({ 'model-versions/get': { model_version: aVersion({}) } });
  await registry.version('churn', 1);
  expect(asked).toEqual(['model-versions/get']);
});

test('an alias takes one request', async () => {
  const answer = { model_version: aVersion({ aliases: ['champion'] }) };
  const { asked, registry } = fakeClient({ 'registered-models/alias': answer });
  expect(await registry.byAlias('churn', 'champion')).toMatchObject({ aliases: ['champion'] });
  expect(asked).toEqual(['registered-models/alias']);
});

test('a version without a run has the run of its logged model', async () => {
  const { registry } = fakeClient({
    'model-versions/get': { model_version: aVersion({ run_id: '', source: 'models:/m-1' }) },
    'logged-models/m-1': { model: { info: { model_id: 'm-1', source_run_id: 'cd34' } } },
  });
  const version = await registry.version('churn', 1);
  expect(version).toMatchObject({ runId: 'cd34', loggedModelId: 'm-1' });
});

test('a version whose logged model has no run has none', async () => {
  const { registry } = fakeClient({
    'model-versions/get': { model_version: aVersion({ run_id: '', source: 'models:/m-1' }) },
    'logged-models/m-1': { model: { info: { model_id: 'm-1', source_run_id: '' } } },
  });
  expect(await registry.version('churn', 1)).not.toHaveProperty('runId');
});

test('a version that comes on two pages is one version', async () => {
  const { registry } = fakeClient({
    'registered-models/get': { registered_model: { name: 'churn' } },
    'model-versions/search': {
      model_versions: [aVersion({ version: '3' }), aVersion({ version: '2' })],
      next_page_token: 'p2',
    },
    'model-versions/search p2': {
      model_versions: [aVersion({ version: '2' }), aVersion({ version: '1' })],
    },
  });
  const { versions } = await registry.model('churn');
  expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
});

test('versions of a name that differs in letter case are not taken along', async () => {
  const { registry } = fakeClient({
    'registered-models/get': { registered_model: { name: 'churn' } },
    'model-versions/search': {
      model_versions: [aVersion({}), aVersion({ name: 'Churn', version: '2' })],
    },
  });
  expect((await registry.model('churn')).versions).toHaveLength(1);
});

test('a server that turns the same page for ever is stopped', async () => {
  const page = { model_versions: [aVersion({})], next_page_token: 'p' };
  const { asked, registry } = fakeClient({
    'model-versions/search': page,
    'model-versions/search p': page,
  });
  const answer = registry.versionsOfRun('ab12');
  await expect(answer).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  expect(asked).toHaveLength(2);
});

test.each([
  { name: 'churn', filter: "name = 'churn'" },
  { name: "it's", filter: 'name = "it\'s"' },
  { name: 'say "hi"', filter: `name = 'say "hi"'` },
  { name: `it's "x"`, filter: `name LIKE 'it_s "x"'` },
])('a filter for the name $name', ({ name, filter }) => {
  expect(nameFilter(name)).toBe(filter);
});

test.each([
  { uri: 'mlflow-artifacts:/3/ab12/artifacts', root: '3/ab12/artifacts' },
  { uri: 'mlflow-artifacts://h:5000/3/ab12/artifacts/', root: '3/ab12/artifacts' },
  { uri: 'mlflow-artifacts://other/3/ab12/artifacts', root: undefined },
  { uri: 's3://bucket/3/ab12/artifacts', root: undefined },
  { uri: '/data/mlruns/3/ab12/artifacts', root: undefined },
  { uri: undefined, root: undefined },
])('artifacts at $uri go through the server to $root', ({ uri, root }) => {
  expect(proxiedRoot(uri, new URL('http://h:5000/'))).toBe(root);
});

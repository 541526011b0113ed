import { expect, test } from 'vitest';
import { LineageError } from '../base/errors.ts';
import type { ArtifactReader } from '../registry/artifact-reader.ts';
import { type ModelOwner, modelFileEvidence, searchedFiles } from './model-files.ts';

const metadata = 'metadata: {feature_table: analytics.t, feature_table_version: 3}\n';
const store =
  'flavors: {python_function: {loader_module: databricks.feature_store.mlflow_model}}\n';
const spec = 'input_tables: [{analytics.s: {table_id: an-id}}]\n';

/** Files by their paths, and what is asked of them. */
function folderOf(files: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const reader: ArtifactReader = {
    async list(_, folder) {
      asked.push(`list '${folder}'`);
      const prefix = folder === '' ? '' : `${folder}/`;
      const within = Object.keys(files).filter((path) => path.startsWith(prefix));
      const names = new Set(within.map((path) => path.slice(prefix.length).split('/')[0] ?? ''));
      return [...names].map((name) => {
        const path = prefix + name;
        return { path, isFolder: files[path] === undefined };
      });
    },
    async read(_, path) {
      asked.push(`read '${path}'`);
      const text = files[path];
      if (text !== undefined) return text;
      throw new LineageError('SERVER_REFUSED', { source: path, status: 404, problem: 'none' });
    },
  };
  return { asked, reader };
}

const model: ModelOwner = { kind: 'logged-model', id: 'm-1', folders: [''], isVersionKnown: true };
const twoModels: ModelOwner = {
  kind: 'run',
  id: 'r',
  folders: ['one', 'two'],
  isVersionKnown: true,
};
const unnoted: ModelOwner = { kind: 'run', id: 'r', folders: [], isVersionKnown: true };
const everyFolder = ["list ''", "list 'data'"];

test.each([
  {
    title: 'where MLflow notes the folder, its MLmodel is read and nothing listed',
    owner: model,
    files: { MLmodel: metadata, 'data/feature_spec.yaml': spec },
    asked: ["read 'MLmodel'"],
    refs: ['analytics.t'],
  },
  {
    title: 'of several models each',
    owner: twoModels,
    files: { 'one/MLmodel': '', 'two/MLmodel': metadata },
    asked: ["read 'one/MLmodel'", "read 'two/MLmodel'"],
    refs: ['analytics.t'],
  },
  {
    title: 'a model of a feature store is searched for its specification',
    owner: model,
    files: { MLmodel: store, 'data/feature_spec.yaml': spec },
    asked: ["read 'MLmodel'", ...everyFolder, "read 'data/feature_spec.yaml'"],
    refs: ['analytics.s'],
  },
  {
    title: 'all is listed where nothing else says a version',
    owner: model,
    files: { MLmodel: '', 'data/feature_spec.yaml': spec },
    isVersionKnown: false,
    asked: ["read 'MLmodel'", ...everyFolder, "read 'data/feature_spec.yaml'"],
    refs: ['analytics.s'],
  },
  {
    title: 'and where a model is not where MLflow noted it',
    owner: twoModels,
    files: { 'one/MLmodel': '', 'data/MLmodel': metadata },
    asked: [
      "read 'one/MLmodel'",
      "read 'two/MLmodel'",
      "list ''",
      "list 'one'",
      "list 'data'",
      "read 'data/MLmodel'",
    ],
    refs: ['analytics.t'],
  },
  {
    title: 'and where MLflow noted no folder',
    owner: unnoted,
    files: { 'data/MLmodel': metadata },
    asked: [...everyFolder, "read 'data/MLmodel'"],
    refs: ['analytics.t'],
  },
])('$title', async ({ owner, files, isVersionKnown = true, asked: expected, refs }) => {
  const { asked, reader } = folderOf(files as Readonly<Record<string, string>>);
  const found = await modelFileEvidence({ ...owner, isVersionKnown }, searchedFiles(reader), {});
  expect(asked).toEqual(expected);
  expect(found.warnings).toEqual([]);
  expect(found.evidence.map(({ ref }) => ref)).toEqual(refs);
});

test('a server that is down is told of', async () => {
  const failure = async () => {
    throw new LineageError('SERVER_UNREACHABLE', { url: 'http://h', problem: 'it is down' });
  };
  const reader = { list: failure, read: failure };
  const found = await modelFileEvidence(model, searchedFiles(reader), {});
  expect(found.evidence).toEqual([]);
  expect(found.warnings).toMatchObject([{ code: 'FILES_UNCHECKED' }]);
});

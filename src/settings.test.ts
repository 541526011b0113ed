import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../test/support/tables.ts';
import { configResult } from './lineage/result/config.ts';
import { configResultOf, type Environment, loadSettings } from './settings.ts';

/** A folder of files, by their path in it. */
async function aFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const load = (cwd: string, env: Environment = {}, file?: string) =>
  loadSettings({ cwd, env, ...(file !== undefined && { file }) });

const whole = `
tables:
  analytics.features: ./data/features
  analytics.labels: /data/labels
  analytics.remote: s3://bucket/labels
mlflow:
  trackingUri: http://from-file:5000
  registryUri: http://registry:5000
ledger: state/ledger.db
evidence:
  params:
    - version: data_v
      table: analytics.features
`;

describe('where the settings come from', () => {
  test('without a file and variables there are the defaults', async () => {
    const cwd = await aFolder();
    expect(await load(cwd)).toEqual({
      file: undefined,
      tables: {},
      engine: { value: 'auto', from: 'default' },
      trackingUri: { value: undefined, from: 'default' },
      registryUri: { value: undefined, from: 'default' },
      ledger: { value: join(cwd, 'asof.db'), from: 'default' },
      versionParams: [],
      evidenceNames: { pairs: [], refs: [] },
      env: {},
    });
  });

  test('~ in a file is the home folder, where it stands alone', async () => {
    const yaml = "tables: { a: ~/data/a, b: ~b, c: '~' }\nledger: ~/asof.db\n";
    const cwd = await aFolder({ 'asof.yaml': yaml });
    const { tables, ledger } = await load(cwd);
    expect(tables).toEqual({ a: join(homedir(), 'data/a'), b: join(cwd, '~b'), c: homedir() });
    expect(ledger.value).toBe(join(homedir(), 'asof.db'));
  });

  test('all of a file is read; relative paths start at it, URLs stay', async () => {
    const folder = await aFolder({ 'asof.yaml': whole });
    const file = join(folder, 'asof.yaml');
    expect(await load(folder)).toMatchObject({
      file,
      tables: {
        'analytics.features': join(folder, 'data', 'features'),
        'analytics.labels': '/data/labels',
        'analytics.remote': 's3://bucket/labels',
      },
      trackingUri: { value: 'http://from-file:5000', from: file },
      registryUri: { value: 'http://registry:5000', from: file },
      ledger: { value: join(folder, 'state', 'ledger.db'), from: file },
      versionParams: [{ version: 'data_v', table: 'analytics.features' }],
    });
  });

  test('variables go before the file; empty ones count for nothing', async () => {
    const cwd = await aFolder({ 'asof.yaml': whole });
    const env = {
      MLFLOW_TRACKING_URI: 'http://from-env',
      MLFLOW_REGISTRY_URI: '',
      ASOF_LEDGER: 'x.db',
    };
    expect(await load(cwd, env)).toMatchObject({
      trackingUri: { value: 'http://from-env', from: 'MLFLOW_TRACKING_URI' },
      registryUri: { value: 'http://registry:5000', from: join(cwd, 'asof.yaml') },
      ledger: { value: join(cwd, 'x.db'), from: 'ASOF_LEDGER' },
    });
  });

  test('a ledger from the environment starts at the current folder, not at the file', async () => {
    const folder = await aFolder({ 'asof.yaml': whole, 'deep/down/x': '' });
    const cwd = join(folder, 'deep', 'down');
    expect((await load(cwd, { ASOF_LEDGER: 'x.db' })).ledger.value).toBe(join(cwd, 'x.db'));
    expect((await load(cwd)).ledger.value).toBe(join(folder, 'state', 'ledger.db'));
  });

  test('with a file that names no ledger, it lies beside the file', async () => {
    const folder = await aFolder({ 'asof.yaml': 'tables: {}', 'deep/x': '' });
    expect((await load(join(folder, 'deep'))).ledger).toEqual({
      value: join(folder, 'asof.db'),
      from: 'default',
    });
  });
});

describe('the file', () => {
  test('is the nearest one upward', async () => {
    const folder = await aFolder({
      'asof.yaml': 'ledger: far.db',
      'a/asof.yml': 'ledger: near.db',
      'a/b/c/x': '',
    });
    expect((await load(join(folder, 'a', 'b', 'c'))).file).toBe(join(folder, 'a', 'asof.yml'));
    expect((await load(folder)).file).toBe(join(folder, 'asof.yaml'));
  });

  test('is asof.yaml where there is asof.yml too', async () => {
    const folder = await aFolder({ 'asof.yml': 'ledger: b', 'asof.yaml': 'ledger: a' });
    expect((await load(folder)).file).toBe(join(folder, 'asof.yaml'));
  });

  test('may be named: by the option, else by ASOF_CONFIG', async () => {
    const folder = await aFolder({ 'asof.yaml': '', 'a.yaml': 'ledger: a', 'b.yaml': 'ledger: b' });
    const env = { ASOF_CONFIG: 'b.yaml' };
    expect((await load(folder, env)).file).toBe(join(folder, 'b.yaml'));
    expect((await load(folder, env, './a.yaml')).file).toBe(join(folder, 'a.yaml'));
    expect((await load(folder, { ASOF_CONFIG: '' })).file).toBe(join(folder, 'asof.yaml'));
  });

  test.each([
    { path: 'nowhere.yaml', problem: 'no such file', why: 'is not there' },
    { path: 'folder', problem: 'EISDIR', why: 'is a folder' },
  ])('that is named and $why is an error', async ({ path, problem }) => {
    const folder = await aFolder({ 'folder/x': '' });
    await expect(load(folder, {}, path)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      details: { path: join(folder, path), problem: expect.stringContaining(problem) },
    });
  });

  test.each([
    { text: '', why: 'empty' },
    { text: '# nothing yet\n', why: 'a comment' },
    { text: 'tables:\n', why: 'a heading without entries' },
    { text: 'tables:\n  # analytics.t: ./t\nmlflow:\nledger:\nevidence:\n', why: 'headings alone' },
    { text: 'evidence:\n  params:\n', why: 'a heading inside' },
    { text: '\ufefftables: {}', why: 'with a byte order mark' },
  ])('may be $why', async ({ text }) => {
    const cwd = await aFolder({ 'asof.yaml': text });
    expect(await load(cwd)).toMatchObject({ tables: {}, versionParams: [] });
  });

  test.each([
    { text: 'tabels: {}', what: 'tabels', why: 'a typo' },
    { text: 'mlflow:\n  tracking_uri: http://x', what: 'tracking_uri', why: 'a typo inside' },
    { text: 'evidence:\n  params:\n    - param: x', what: 'param', why: 'a typo in a list' },
    { text: 'tables:\n  a: 5', what: 'tables.a', why: 'a number for a location' },
    { text: 'tables:\n  - ./t', what: 'tables', why: 'a list of tables' },
    { text: 'tables:\n  a:\n    b: ./t', what: 'tables.a', why: 'names one in another' },
    { text: 'just text', what: 'expected object', why: 'text' },
    { text: '- a', what: 'expected object', why: 'a list' },
    { text: 'tables: {a: [', what: 'at line', why: 'YAML that is cut off' },
    { text: 'ledger: a\nledger: b', what: 'unique', why: 'a key twice' },
    {
      text: 'tables:\n  A.T: ./one\n  a.t: ./other',
      what: 'A.T and a.t are one name',
      why: 'two tables of one name',
    },
    {
      text: 'tables:\n  a.t: ./one\n  spark_catalog.a.t: ./other',
      what: 'a.t and spark_catalog.a.t are one name',
      why: 'two tables of one name in the catalog of Spark',
    },
    {
      text: 'tables:\n  a: *.parquet',
      what: '.parquet',
      why: 'a star, which YAML takes for a reference',
    },
    { text: 'a: 1\n---\nb: 2', what: 'multiple documents', why: 'two documents' },
    { text: '\tledger: a', what: 'tab', why: 'a tab' },
    { text: 'ledger: !env LEDGER', what: 'tag: !env', why: 'a tag that nobody knows' },
    { text: 'ledger: ""', what: 'empty', why: 'an empty path' },
    { text: 'mlflow:\n  trackingUri: " "', what: 'it is empty', why: 'an empty URI' },
    { text: 'mlflow:\n  registryUri: ""', what: 'it is empty', why: 'an empty URI of models' },
    { text: 'tables:\n  a.t: ""', what: 'it is empty', why: 'an empty location' },
  ])('is refused with $why, and says where', async ({ text, what }) => {
    const cwd = await aFolder({ 'asof.yaml': text });
    await expect(load(cwd)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: {
        path: join(cwd, 'asof.yaml'),
        problem: expect.stringMatching(new RegExp(what.replaceAll('.', '\\.'), 'i')),
      },
    });
  });
});

describe('what is shown of the settings', () => {
  const shown = async (text: string, env: Environment = {}) => {
    const result = configResultOf(await load(await aFolder({ 'asof.yaml': text }), env));
    expect(configResult.parse(result)).toEqual(result);
    return result.settings;
  };

  test('is each, with where it comes from', async () => {
    const settings = await shown(whole, { MLFLOW_TRACKING_URI: 'http://x' });
    expect(settings.map(({ name, value }) => [name, value])).toContainEqual([
      'evidence.params.data_v',
      'analytics.features',
    ]);
    expect(settings).toContainEqual({
      name: 'mlflow.trackingUri',
      value: 'http://x',
      from: 'MLFLOW_TRACKING_URI',
    });
  });

  test('is no secret: of those only that they are set', async () => {
    const settings = await shown('mlflow:\n  registryUri: https://me:s3cret@host', {
      MLFLOW_TRACKING_URI: 'https://me:s3cret@host/x',
      MLFLOW_TRACKING_USERNAME: 's3cret-user',
      MLFLOW_TRACKING_PASSWORD: 's3cret',
      MLFLOW_TRACKING_TOKEN: 's3cret',
      DATABRICKS_TOKEN: 's3cret',
      AWS_SECRET_ACCESS_KEY: 's3cret',
    });
    expect(JSON.stringify(settings)).not.toContain('s3cret');
    for (const uri of ['https://me:a#s3cret@host', 'me:s3cret@host:5000']) {
      const [first] = await shown('', { MLFLOW_TRACKING_URI: uri });
      expect(first?.value).not.toContain('s3cret');
    }
    expect(settings).toContainEqual({
      name: 'MLFLOW_TRACKING_PASSWORD',
      value: '(set)',
      from: 'environment',
    });
  });
});

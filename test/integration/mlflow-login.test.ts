import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import { copyTable, temporaryFolder } from '../support/tables.ts';
import { asofIn } from './support/asof.ts';
import {
  administrator,
  basicAuth,
  type MlflowServer,
  startMlflow,
} from './support/mlflow-server.ts';

const python = inject('python');

describe.skipIf(python === undefined)('an MLflow that wants a login', () => {
  let server: MlflowServer;
  const as = (login: object) => connectMlflow({ trackingUri: server.url, ...login });
  const reader = { username: 'reader', password: 'only-for-reading' };
  const { username, password } = administrator;
  const administer = (method: string, route: string, body: object) =>
    fetch(`${server.url}/api/2.0/mlflow/${route}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    server = await startMlflow(python ?? '', basicAuth);
    const answer = await administer('POST', 'users/create', reader);
    expect(answer.status).toBe(200);
  });
  afterAll(() => server?.stop());

  test('takes the right one', async () => {
    const { runs, models } = as(administrator);
    const { id } = await runs.start({});
    await runs.record(id, { tags: { a: 'b' } });
    expect(await runs.get(id)).toMatchObject({ tags: { a: 'b' } });
    expect(await runs.writeArtifact(id, 'a.json', '{}')).toBe(true);
    expect(await models.register({ name: 'churn', runId: id })).toMatchObject({ version: 1 });
    await administer('DELETE', 'registered-models/delete', { name: 'churn' });
  });

  test('takes the one in the address', async () => {
    const trackingUri = server.url.replace('http://', `http://${username}:${password}@`);
    expect(await connectMlflow({ trackingUri }).runs.start({})).toMatchObject({
      status: 'RUNNING',
    });
  });

  test.each([
    { why: 'none', login: {}, using: 'no credentials' },
    {
      why: 'a wrong password',
      login: { username: 'admin', password: 's3cret-guess' },
      using: 'the user admin and a password',
    },
    { why: 'a token, which it does not know', login: { token: 's3cret-guess' }, using: 'a token' },
  ])('refuses another, which is told without the secret: $why', async ({ login, using }) => {
    const { runs, models } = as(login);
    for (const ask of [
      () => runs.get('ab12'),
      () => runs.start({}),
      () => models.model('churn'),
      () => models.byAlias('churn', 'champion'),
    ]) {
      const error: Error = await ask().then(
        () => expect.unreachable('it was let in'),
        (caught: Error) => caught,
      );
      expect(error).toMatchObject({
        code: 'LOGIN_REFUSED',
        details: { url: server.url, status: 401, using },
      });
      expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('s3cret-guess');
    }
  });

  test('says so when a user may not do a thing', async () => {
    const { id } = await as(administrator).runs.start({});
    const { runs } = as(reader);
    expect(await runs.get(id)).toMatchObject({ id });
    await expect(runs.record(id, { tags: { a: 'b' } })).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      details: {
        status: 403,
        using: 'the user reader and a password',
        problem: 'Permission denied',
      },
    });
  });

  test('doctor --fix names each thing that it may not fix, and whoever may fixes it', async () => {
    const folder = await temporaryFolder();
    await copyTable('plain_partitioned', join(folder, 't'));
    const by = ({ username, password }: typeof administrator) =>
      asofIn(folder, {
        MLFLOW_TRACKING_URI: server.url,
        MLFLOW_TRACKING_USERNAME: username,
        MLFLOW_TRACKING_PASSWORD: password,
      });
    const { runs, models } = as(administrator);
    const { id } = await runs.start({});
    const { exitCode } = await by(administrator).run(
      ...['stamp', '--run', id, '--table', './t@v1'],
    );
    expect(exitCode).toBe(0);
    // As MLflow's own client registers them: without asof's note of the data.
    await models.register({ name: 'fraud', runId: id });
    await models.register({ name: 'fraud', runId: id });

    const refused = await by(reader).run('doctor', '--fix');
    expect(refused.exitCode).toBe(5);
    const told =
      /^not fixed: models:\/fraud\/\d: NOTE_MISSING: .*403.* reader .*Permission denied$/gm;
    expect(refused.stderr.match(told), refused.stderr).toHaveLength(2);

    const fixed = await by(administrator).run('doctor', '--fix');
    expect(fixed.exitCode, fixed.stderr).toBe(0);
    expect(await by(administrator).run('doctor')).toMatchObject({ exitCode: 0, stdout: '' });
  });
});

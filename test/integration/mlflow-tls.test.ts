import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import { type MlflowServer, startMlflow } from './support/mlflow-server.ts';
import { isRequired } from './support/python.ts';

const python = inject('python');
const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch (error) {
    if (isRequired) throw error;
    console.warn('\nSKIPPED: TLS to MLflow. There is no openssl on this machine.\n');
    return false;
  }
})();

describe.skipIf(python === undefined || !hasOpenssl)('an MLflow behind TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-tls-'));
  const file = (name: string) => join(folder, name);
  let server: MlflowServer;
  let strict: MlflowServer;

  function openssl(...args: readonly string[]) {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  }

  function certificate(name: string, extension: string) {
    writeFileSync(file(`${name}.ext`), extension);
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    );
    const both = [`${name}.key`, `${name}.crt`].map((part) => readFileSync(file(part), 'utf8'));
    writeFileSync(file(`${name}.pem`), both.join(''));
  }

  beforeAll(async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=asof test CA',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    certificate('server', 'subjectAltName=IP:127.0.0.1');
    certificate('client', 'extendedKeyUsage=clientAuth');
    const tls = `--ssl-keyfile ${file('server.key')} --ssl-certfile ${file('server.crt')}`;
    const options = (more: string) => ({
      scheme: 'https' as const,
      args: ['--uvicorn-opts', tls + more],
    });
    server = await startMlflow(python ?? '', options(''));
    strict = await startMlflow(
      python ?? '',
      options(` --ssl-ca-certs ${file('ca.pem')} --ssl-cert-reqs 2`),
    );
  });
  afterAll(async () => {
    await server?.stop();
    await strict?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is not trusted without its authority, and the reason is told', async () => {
    const { runs } = connectMlflow({ trackingUri: server.url });
    await expect(runs.start({})).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { problem: expect.stringContaining('its certificate is not trusted: ') },
    });
  });

  test('is trusted with its authority, or when asked not to look', async () => {
    for (const trust of [{ caPath: file('ca.pem') }, { insecureTls: true }]) {
      const { runs } = connectMlflow({ trackingUri: server.url, ...trust });
      expect(await runs.start({})).toMatchObject({ status: 'RUNNING' });
    }
  });

  test('may want a certificate of the client', async () => {
    const caPath = file('ca.pem');
    const without = connectMlflow({ trackingUri: strict.url, caPath, maxRetries: 0 }).runs;
    await expect(without.start({})).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    const clientCertPath = file('client.pem');
    const { runs } = connectMlflow({ trackingUri: strict.url, caPath, clientCertPath });
    expect(await runs.start({})).toMatchObject({ status: 'RUNNING' });
  });

  test.each(['missing.pem', '.'])(
    'a certificate file that can not be read is named: %s',
    async (name) => {
      const { runs } = connectMlflow({ trackingUri: server.url, caPath: file(name) });
      await expect(runs.start({})).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        details: { path: file(name) },
      });
    },
  );

  test('spoken to without TLS is told apart from one that is down', async () => {
    const { runs } = connectMlflow({
      trackingUri: server.url.replace('https', 'http'),
      maxRetries: 0,
    });
    await expect(runs.start({})).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { problem: 'the connection was cut before the answer was whole' },
    });
  });

  test('is reached through a proxy, unless its host is among those to reach without', async () => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket, head) => {
      asked.push(request.url ?? '');
      const [host = '', port] = request.url?.split(':') ?? [];
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const https = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const settings = { trackingUri: server.url, caPath: file('ca.pem') };
    try {
      const through = connectMlflow({ ...settings, proxies: { https } }).runs;
      expect(await through.start({})).toMatchObject({ status: 'RUNNING' });
      expect(asked).toEqual([new URL(server.url).host]);
      const past = connectMlflow({ ...settings, proxies: { https, bypass: '127.0.0.1' } }).runs;
      expect(await past.start({})).toMatchObject({ status: 'RUNNING' });
      expect(asked).toHaveLength(1);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

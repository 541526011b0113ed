import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { transportFor } from './http-transport.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serverOf(answer: string | RequestListener) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    if (typeof answer === 'string') response.end(answer);
    else answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const init = () => ({
  method: 'GET',
  headers: { 'x-a': 'b' },
  redirect: 'manual' as const,
  signal: AbortSignal.timeout(5000),
});

test('what is asked goes out as it was given, on one connection, and answers come back unpacked', async () => {
  const ports = new Set<number | undefined>();
  const { url } = await serverOf(async (request, response) => {
    ports.add(request.socket.remotePort);
    const body = (await request.toArray()).join('');
    const { 'x-a': given, 'content-length': length } = request.headers;
    response.setHeader('x-b', 'c').setHeader('content-encoding', 'gzip').writeHead(418, 'Teapot');
    response.end(gzipSync(`${request.method} ${request.url} ${given} ${length} ${body}`));
  });
  const send = await transportFor({});
  for (const body of ['ä', 'b']) {
    const response = await send(`${url}/path?x=1`, { ...init(), method: 'POST', body });
    expect(response).toMatchObject({ status: 418, statusText: 'Teapot' });
    expect(response.headers.get('x-b')).toBe('c');
    expect(response.headers.get('x-c')).toBeNull();
    expect(await response.text()).toBe(`POST /path?x=1 b ${Buffer.byteLength(body)} ${body}`);
  }
  expect(ports.size).toBe(1);
});

test('an answer that is cut, packed wrongly, or stopped is an error', async () => {
  const { url } = await serverOf((request, response) => {
    if (request.url === '/packed') response.setHeader('content-encoding', 'gzip').end('plain');
    else response.writeHead(200, { 'content-length': 10 }).write('half', () => act(response));
  });
  let act = (response: ServerResponse) => void response.destroy();
  const send = await transportFor({});
  const cut = await send(url, init());
  await expect(cut.text()).rejects.toMatchObject({ code: 'ECONNRESET' });
  const packed = await send(`${url}/packed`, init());
  await expect(packed.text()).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
  act = () => {};
  const stop = new AbortController();
  const stopped = await send(url, { ...init(), signal: stop.signal });
  stop.abort();
  await expect(stopped.text()).rejects.toThrow('aborted');
  await expect(send(url, { ...init(), signal: stop.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('a proxy is asked for http addresses by their whole URL, with its own login', async () => {
  const [origin, proxy] = [await serverOf('origin'), await serverOf('proxy')];
  const url = proxy.url.replace('http://', 'http://ann:pw@');
  const send = await transportFor({ proxy: { url } });
  const response = await send(`${origin.url}/path?x=1`, init());
  expect(await response.text()).toBe('proxy');
  expect(proxy.seen[0]?.url).toBe(`${origin.url}/path?x=1`);
  expect(proxy.seen[0]?.headers).toMatchObject({
    'x-a': 'b',
    'proxy-authorization': `Basic ${Buffer.from('ann:pw').toString('base64')}`,
  });
});

test('hosts to reach without a proxy are', async () => {
  const [origin, proxy] = [await serverOf('origin'), await serverOf('proxy')];
  const send = await transportFor({ proxy: { url: proxy.url, bypass: 'a.test, 127.0.0.1' } });
  expect(await (await send(origin.url, init())).text()).toBe('origin');
  expect(proxy.seen).toHaveLength(0);
});

test('a certificate file that is not there is named', async () => {
  await expect(transportFor({ tls: { caPath: '/no/such/ca.pem' } })).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    details: { path: '/no/such/ca.pem' },
  });
});

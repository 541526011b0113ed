import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { transportFor } from './http-transport.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serverOf(text: string) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    response.end(text);
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

test("without certificates and proxies it is Node's own fetch", async () => {
  expect(await transportFor({})).toBe(globalThis.fetch);
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

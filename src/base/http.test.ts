import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpSettings, httpClient } from './http.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server on loopback that answers the nth request with the nth handler, the last one ever after. */
async function serverOf(...handlers: readonly [Handler, ...Handler[]]) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    (handlers[seen.length - 1] ?? handlers.at(-1) ?? handlers[0])(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/a/b?secret=1`), seen };
}

const json: Handler = (_, response) => {
  response.setHeader('content-type', 'application/json').end('{"a":1}');
};

function status(code: number, headers: Record<string, string> = {}, body = ''): Handler {
  return (_, response) => response.writeHead(code, headers).end(body);
}

const clientOf = (settings: Partial<HttpSettings> = {}) =>
  httpClient({ credentials: 'no credentials', pauseMs: 1, ...settings });

const failure = (code: string, details: object = {}) =>
  expect.objectContaining({ code, details: expect.objectContaining(details) });

describe('an answer', () => {
  test('is the JSON that came, whatever the status', async () => {
    const { url } = await serverOf(status(404, {}, '{"error_code":"X"}'));
    const answer = await clientOf()({ method: 'GET', url });
    expect(answer).toEqual({ status: 404, body: { error_code: 'X' } });
  });

  test('without a body is an empty object', async () => {
    const { url } = await serverOf(status(200));
    expect(await clientOf()({ method: 'GET', url })).toEqual({ status: 200, body: {} });
  });

  test('carries what was sent: JSON with its type, headers on every request', async () => {
    const { url, seen } = await serverOf((request, response) => {
      request.setEncoding('utf8').on('data', (body) => response.end(body));
    });
    const send = clientOf({ headers: { authorization: 'Bearer x' } });
    const { body } = await send({ method: 'POST', url, json: { é: '😀' } });
    expect(body).toEqual({ é: '😀' });
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer x',
    });
  });

  test.each([
    { text: '<!doctype html><style>a{}</style><h1>Sign  in</h1>', says: 'Sign in' },
    { text: '{"a":', says: '{"a":' },
    { text: 'x'.repeat(500), says: `${'x'.repeat(200)}…` },
  ])('that is not JSON is refused, with how it starts: $says', async ({ text, says }) => {
    const { url } = await serverOf(status(200, { 'content-type': 'text/html' }, text));
    await expect(clientOf()({ method: 'GET', url })).rejects.toThrow(
      failure('UNEXPECTED_RESPONSE', {
        source: `GET ${url.origin}/a/b`,
        problem: `HTTP 200 OK, text/html, not JSON: ${says}`,
      }),
    );
  });

  test('that redirects is refused with the place it leads to, and no credentials travel there', async () => {
    const other = await serverOf(json);
    const { url } = await serverOf(
      status(302, { location: `http://localhost:${other.url.port}/login?state=1` }),
    );
    const send = clientOf({ headers: { authorization: 'Bearer x' } });
    await expect(send({ method: 'GET', url })).rejects.toThrow(
      failure('UNEXPECTED_RESPONSE', {
        problem: expect.stringContaining(`http://localhost:${other.url.port}/login,`),
      }),
    );
    expect(other.seen).toHaveLength(0);
  });
});

describe('a refused login', () => {
  test.each([401, 403])('is told with what was used and what the server says: %i', async (code) => {
    const { url, seen } = await serverOf(status(code, {}, 'Permission denied'));
    const send = clientOf({ credentials: 'a token', headers: { authorization: 'Bearer s3cret' } });
    const error: Error = await send({ method: 'GET', url }).then(
      () => expect.unreachable(),
      (caught) => caught,
    );
    const details = {
      url: url.origin,
      status: code,
      using: 'a token',
      problem: 'Permission denied',
    };
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED', details });
    expect(JSON.stringify(error) + error.stack).not.toContain('s3cret');
    expect(seen).toHaveLength(1);
  });
});

describe('asking again', () => {
  test.each([408, 500, 502, 503, 504])('is done for %i when it does no harm', async (code) => {
    const { url, seen } = await serverOf(status(code), status(code), json);
    expect(await clientOf()({ method: 'GET', url })).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(3);
  });

  test('is not done for a request that makes something each time', async () => {
    const { url, seen } = await serverOf(status(503, {}, 'down'));
    await expect(clientOf()({ method: 'POST', url, json: {} })).rejects.toThrow(
      failure('SERVER_UNREACHABLE', {
        problem: 'what stands before it answers HTTP 503 Service Unavailable',
      }),
    );
    expect(seen).toHaveLength(1);
  });

  test('is done for any request that was turned away as one too many', async () => {
    const { url, seen } = await serverOf(status(429), status(429), json);
    await clientOf()({ method: 'POST', url, json: {} });
    expect(seen).toHaveLength(3);
  });

  test('ends: three times for what is broken, maxRetries for what is busy', async () => {
    const broken = await serverOf(status(500, {}, '<h1>Internal Server Error</h1>'));
    await expect(clientOf()({ method: 'GET', url: broken.url })).rejects.toThrow(
      failure('SERVER_REFUSED', { status: 500, problem: 'Internal Server Error' }),
    );
    expect(broken.seen).toHaveLength(4);
    const busy = await serverOf(status(429, {}, 'slow down'));
    await expect(clientOf({ maxRetries: 5 })({ method: 'GET', url: busy.url })).rejects.toThrow(
      failure('SERVER_REFUSED', { status: 429, problem: 'slow down' }),
    );
    expect(busy.seen).toHaveLength(6);
  });

  test.each([
    { why: 'seconds', retryAfter: () => '1' },
    { why: 'a date', retryAfter: () => new Date(Date.now() + 2000).toUTCString() },
  ])('waits as long as Retry-After says: $why', async ({ retryAfter }) => {
    const { url } = await serverOf(status(429, { 'retry-after': retryAfter() }), json);
    const start = Date.now();
    await clientOf()({ method: 'GET', url });
    expect(Date.now() - start).toBeGreaterThan(800);
  });

  test('does not wait longer than a request may take', async () => {
    const { url, seen } = await serverOf(status(429, { 'retry-after': '3600' }, 'come back later'));
    await expect(clientOf()({ method: 'GET', url })).rejects.toThrow(failure('SERVER_REFUSED'));
    expect(seen).toHaveLength(1);
  });

  test('is done for a connection that was cut, where it does no harm', async () => {
    const cut: Handler = (request) => request.socket.destroy();
    const readable = await serverOf(cut, json);
    expect(await clientOf()({ method: 'GET', url: readable.url })).toMatchObject({ status: 200 });
    const writable = await serverOf(cut, json);
    await expect(clientOf()({ method: 'POST', url: writable.url, json: {} })).rejects.toThrow(
      failure('SERVER_UNREACHABLE', { problem: expect.stringContaining('cut') }),
    );
    expect(writable.seen).toHaveLength(1);
  });

  test('is done for an answer that ends in the middle', async () => {
    const half: Handler = (request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":');
      setTimeout(() => request.socket.destroy(), 20);
    };
    const { url, seen } = await serverOf(half, json);
    expect(await clientOf()({ method: 'GET', url })).toMatchObject({ body: { a: 1 } });
    expect(seen).toHaveLength(2);
  });
});

describe('a server that can not be reached', () => {
  test('is named, with the reason in words', async () => {
    const { url } = await serverOf(json);
    for (const close of closers.splice(0)) close();
    await expect(clientOf({ pauseMs: 20 })({ method: 'POST', url, json: {} })).rejects.toThrow(
      failure('SERVER_UNREACHABLE', {
        url: url.origin,
        problem: 'nothing listens there (connection refused)',
      }),
    );
  });

  test.each([
    { code: 'ENOTFOUND', problem: 'the name mlflow.test is unknown' },
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', problem: 'its certificate is not trusted: self-signed' },
    { code: 'CERT_HAS_EXPIRED', problem: 'its certificate is not trusted: self-signed' },
    { code: 'HPE_INVALID_CONSTANT', problem: 'what answers there does not speak HTTP' },
    { code: 'EWHATEVER', problem: 'self-signed (EWHATEVER)' },
  ])('for $code', async ({ code, problem }) => {
    let calls = 0;
    const fetch = () => {
      calls += 1;
      const cause = Object.assign(new Error('self-signed'), { code });
      return Promise.reject(new TypeError('fetch failed', { cause }));
    };
    const url = new URL('https://mlflow.test/');
    await expect(clientOf({ fetch })({ method: 'GET', url })).rejects.toThrow(
      failure('SERVER_UNREACHABLE', { problem }),
    );
    expect(calls).toBe(1);
  });

  test('with a failure that has no code is told in its own words', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('odd') }));
    const url = new URL('http://a.test');
    await expect(clientOf({ fetch })({ method: 'GET', url })).rejects.toThrow(
      failure('SERVER_UNREACHABLE', { problem: 'odd (FETCH_FAILED)' }),
    );
  });

  test('a failure that is not the network is thrown as it is', async () => {
    const bug = new RangeError('a bug');
    const send = clientOf({ fetch: () => Promise.reject(bug) });
    await expect(send({ method: 'GET', url: new URL('http://a.test') })).rejects.toBe(bug);
  });
});

describe('time', () => {
  const silence: Handler = () => {};

  test('that runs out is told, and not spent again', async () => {
    const { url, seen } = await serverOf(silence);
    await expect(clientOf({ timeoutSeconds: 0.1 })({ method: 'GET', url })).rejects.toThrow(
      failure('SERVER_TIMEOUT', { seconds: 0.1 }),
    );
    expect(seen).toHaveLength(1);
  });

  test('that runs out while the answer trickles in is told too', async () => {
    const { url } = await serverOf((_, response) => response.writeHead(200).write('{'));
    await expect(clientOf({ timeoutSeconds: 0.1 })({ method: 'GET', url })).rejects.toThrow(
      failure('SERVER_TIMEOUT'),
    );
  });

  test('an abort while waiting for the answer comes through as it is, whatever it looks like', async () => {
    const { url } = await serverOf(silence);
    const reason = Object.assign(new Error('enough'), { code: 'ECONNRESET' });
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const answer = clientOf()({ method: 'POST', url, signal: controller.signal });
    await expect(answer).rejects.toBe(reason);
  });

  test('an abort while waiting to ask again comes through as it is', async () => {
    const { url, seen } = await serverOf(status(503, { 'retry-after': '60' }));
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 100);
    const answer = clientOf()({ method: 'GET', url, signal: controller.signal });
    await expect(answer).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });

  test('nothing is sent for a signal that is aborted already', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    let sent = 0;
    const fetch = () => {
      sent += 1;
      return Promise.reject(new RangeError('it was sent'));
    };
    const url = new URL('http://a.test');
    await expect(clientOf({ fetch })({ method: 'GET', url, signal })).rejects.toBe(reason);
    expect(sent).toBe(0);
  });
});

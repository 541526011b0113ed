import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connectMlflow } from './connect-mlflow.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server before the filters that ask for many at once, with one run for each dataset. */
async function olderServer() {
  const filters: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { filter = '' } = JSON.parse(Buffer.concat(parts).toString() || '{}');
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url?.includes('experiments/search')) {
      return answer(200, { experiments: [{ experiment_id: '0' }] });
    }
    if (request.url?.includes('logged-models')) {
      return answer(404, { error_code: 'ENDPOINT_NOT_FOUND', message: 'no such API' });
    }
    filters.push(filter);
    if (/ IN | LIKE /.test(filter)) {
      return answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid comparator' });
    }
    const [, digest] = /digest = '(.*)'/.exec(filter) ?? [];
    const info = { run_id: `run of ${digest}`, experiment_id: '0', status: 'FINISHED' };
    answer(200, { runs: [{ info: { ...info, lifecycle_stage: 'active' }, data: {} }] });
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { filters, ...connectMlflow({ trackingUri: `http://127.0.0.1:${port}` }) };
}

test('a server that knows no list of datasets is asked for one after the other', async () => {
  const { search, filters } = await olderServer();
  const datasets = ['a', 'b', 'c'].map((digest) => ({ name: 't', digest }));
  const found = await search.firstWith('0', datasets);
  expect(found.map((run) => run?.id)).toEqual(['run of a', 'run of b', 'run of c']);
  expect(filters).toEqual([
    "dataset.digest IN ('a', 'b', 'c')",
    ...['a', 'b', 'c'].map((digest) => `dataset.name = 't' AND dataset.digest = '${digest}'`),
  ]);
});

test('of a server that can not tell, nothing is known of parents and of logged models', async () => {
  const { search, models } = await olderServer();
  expect(await search.parentIds?.()).toBeUndefined();
  expect(await models.loggedModels(['m-1', 'm-2'])).toEqual(new Map());
});

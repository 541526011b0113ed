import { Agent, request } from 'node:http';
import { type Struct, service, thrift } from './thrift.ts';

/** What Spark answered with another status than 200. */
export class SparkHttpError extends Error {
  override readonly name = 'SparkHttpError';
}

/** Calls the Thrift server of open-source Spark: one POST a call. */
export function sparkClient(url: URL): (method: string, request: Struct) => Promise<Struct> {
  const agent = new Agent({ keepAlive: true });
  let last = 0;
  return async (method, call) => {
    const id = ++last;
    let body: Buffer | undefined;
    const transport = new thrift.TBufferedTransport(undefined, (bytes: Buffer) => {
      body = bytes;
    });
    const client = new service.Client(transport, thrift.TBinaryProtocol);
    const answer = new Promise((resolve, reject) => {
      client._reqs[id] = (error: unknown, result: unknown) =>
        error ? reject(error) : resolve(result);
    });
    client._seqid = id;
    client[`send_${method}`](call);
    const bytes = await post(url, agent, body ?? Buffer.alloc(0));
    thrift.TBufferedTransport.receiver((received: Struct) => {
      const protocol = new thrift.TBinaryProtocol(received);
      client[`recv_${method}`](protocol, protocol.readMessageBegin().mtype, id);
    }, id)(bytes);
    return await answer;
  };
}

function post(url: URL, agent: Agent, body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'Content-Type': 'application/x-thrift',
          'Content-Length': body.length,
          // Spark without authentication takes any name, but wants one.
          Authorization: `Basic ${Buffer.from('token:x').toString('base64')}`,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const received = Buffer.concat(chunks);
          if (response.statusCode === 200) resolve(received);
          else reject(new SparkHttpError(`HTTP ${response.statusCode}: ${received}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

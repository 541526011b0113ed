import type { IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import { promisify } from 'node:util';

/** The slice of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    redirect: 'manual';
    signal: AbortSignal;
    body?: string;
  },
) => Promise<{
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** Shorter than servers keep a connection, which might close one just as a request goes out on it. Node's `fetch` waits as long. */
const kept = { keepAlive: true, timeout: 4000 };

/**
 * The slice of `fetch` that is used, over Node's HTTP client: to load the platform's `fetch` takes longer than the few requests of a
 * command.
 *
 * @param certificates what to trust, and what to show, over TLS
 */
export function nodeHttp(certificates: AgentOptions): Fetch {
  const load = async (scheme: 'http' | 'https') => {
    const { request, Agent } =
      scheme === 'http' ? await import('node:http') : await import('node:https');
    return { request, agent: new Agent({ ...kept, ...certificates }) };
  };
  const loaded = new Map<string, ReturnType<typeof load>>();

  return async (url, { method, headers, signal, body }) => {
    const scheme = url.startsWith('https:') ? 'https' : 'http';
    const loading = loaded.get(scheme) ?? load(scheme);
    loaded.set(scheme, loading);
    const { request, agent } = await loading;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent: Record<string, string | number> = { 'accept-encoding': 'gzip', ...headers };
      if (body !== undefined) sent['content-length'] = Buffer.byteLength(body);
      request(url, { method, headers: sent, agent, signal })
        .on('response', resolve)
        .on('error', reject)
        .end(body);
    });
    const header = (name: string) => response.headers[name]?.toString() ?? null;
    return {
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      headers: { get: header },
      async text() {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        const isPacked = header('content-encoding') === 'gzip';
        return new TextDecoder().decode(isPacked ? await unpack(bytes) : bytes);
      },
    };
  };
}

async function unpack(bytes: Buffer): Promise<Buffer> {
  const { gunzip } = await import('node:zlib');
  return promisify(gunzip)(bytes);
}

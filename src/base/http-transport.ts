import { readFile } from 'node:fs/promises';
import { LineageError } from './errors.ts';

export interface TransportSettings {
  readonly tls?: TlsSettings;
  /** A proxy's URL, and the hosts to reach without it, as in NO_PROXY. */
  readonly proxy?: { readonly url: string; readonly bypass?: string | undefined };
  /** Sends one request; the platform's own unless a test gives another. */
  readonly fetch?: Fetch;
}

export interface TlsSettings {
  /** Trusts any certificate. */
  readonly isInsecure?: boolean;
  /** A PEM file of the authorities to trust instead of Node's own. */
  readonly caPath?: string;
  /** A PEM file with the client's certificate and its key. */
  readonly clientCertPath?: string;
}

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

/** Node's own `fetch` takes neither certificates nor a proxy, so that those load undici, of which it is made. */
export async function transportFor({ fetch, tls, proxy }: TransportSettings): Promise<Fetch> {
  if (fetch !== undefined) return fetch;
  if (tls === undefined && proxy === undefined) return globalThis.fetch;
  const undici = await import('undici');
  const clientCert = tls?.clientCertPath && (await pem(tls.clientCertPath));
  const connect = {
    ...(tls?.isInsecure && { rejectUnauthorized: false }),
    ...(tls?.caPath !== undefined && { ca: await pem(tls.caPath) }),
    ...(clientCert !== undefined && { cert: clientCert, key: clientCert }),
  };
  const dispatcher =
    proxy === undefined
      ? new undici.Agent({ connect })
      : new undici.EnvHttpProxyAgent({
          httpProxy: proxy.url,
          httpsProxy: proxy.url,
          noProxy: proxy.bypass ?? '',
          proxyTunnel: false,
          requestTls: connect,
          connect,
        });
  return (url, init) => undici.fetch(url, { ...init, dispatcher });
}

async function pem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new LineageError('FILE_UNREADABLE', { path, problem }, { cause: error });
  }
}

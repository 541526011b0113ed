import { readFile } from 'node:fs/promises';
import { LineageError } from './errors.ts';
import { type Fetch, nodeHttp } from './node-http.ts';

export interface TransportSettings {
  readonly tls?: TlsSettings;
  /** A proxy's URL, and the hosts to reach without it, as in NO_PROXY. */
  readonly proxy?: { readonly url: string; readonly bypass?: string | undefined };
  /** Sends one request; a test gives its own. */
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

/** Node's HTTP client knows no proxy, so that one loads undici. */
export async function transportFor({ fetch, tls, proxy }: TransportSettings): Promise<Fetch> {
  if (fetch !== undefined) return fetch;
  const clientCert = tls?.clientCertPath && (await pem(tls.clientCertPath));
  const certificates = {
    ...(tls?.isInsecure && { rejectUnauthorized: false }),
    ...(tls?.caPath !== undefined && { ca: await pem(tls.caPath) }),
    ...(clientCert !== undefined && { cert: clientCert, key: clientCert }),
  };
  if (proxy === undefined) return nodeHttp(certificates);
  const undici = await import('undici');
  const dispatcher = new undici.EnvHttpProxyAgent({
    httpProxy: proxy.url,
    httpsProxy: proxy.url,
    noProxy: proxy.bypass ?? '',
    proxyTunnel: false,
    requestTls: certificates,
    connect: certificates,
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

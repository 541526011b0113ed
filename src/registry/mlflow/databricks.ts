import { z } from 'zod';
import {
  databricksHost,
  databricksSettings,
  type Environment,
} from '../../base/databricks-login.ts';
import { LineageError } from '../../base/errors.ts';
import { type HttpSettings, httpClient } from '../../base/http.ts';
import { parseWire } from '../../base/wire.ts';

/** A workspace of Databricks as an MLflow server. Written after the source of MLflow 3.17; no live workspace has been tried. */
export interface DatabricksServer {
  /** Ends in a slash. */
  readonly base: URL;
  /** Models are Unity Catalog's: routes of their own, names of three levels, aliases and no stages. */
  readonly isUnityCatalog: boolean;
  /** In words, without secrets. */
  readonly using: string;
  /** Gives the header to log in with; a token of a service principal is asked for, and again before it ends. */
  readonly authorize: () => Promise<string>;
}

export interface DatabricksSource {
  readonly env: Environment;
  /** The path of `.databrickscfg`. */
  readonly configFile: string;
}

/**
 * The workspace that a tracking or registry URI means: `databricks`, `databricks://PROFILE`, `databricks-uc`, `databricks-uc://PROFILE`;
 * undefined for any other URI.
 *
 * @throws LineageError DATABRICKS_UNCONFIGURED
 */
export function databricksServer(
  uri: string,
  { env, configFile }: DatabricksSource,
  http: Omit<HttpSettings, 'headers' | 'credentials'>,
): DatabricksServer | undefined {
  const [, catalog, profile] = /^databricks(-uc)?(?::\/\/([^/:]+))?\/?$/i.exec(uri.trim()) ?? [];
  if (!isDatabricks(uri)) return;
  const pick = databricksSettings(env, { configFile, ...(profile !== undefined && { profile }) });
  const { host, port, login, using } = databricksHost(pick);
  const base = new URL(`https://${host}:${port}/`);
  return {
    base,
    isUnityCatalog: catalog !== undefined,
    using,
    authorize:
      login.kind === 'token'
        ? async () => `Bearer ${login.token}`
        : machineToken(base, login, using, http),
  };
}

export function isDatabricks(uri: string): boolean {
  return /^databricks(-uc)?(:\/\/[^/:]+)?\/?$/i.test(uri.trim());
}

const wireToken = z.object({ access_token: z.string(), expires_in: z.number().default(3600) });

/** OAuth for service principals: a token for the client's id and secret, good for about an hour. */
export function machineToken(
  base: URL,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  using: string,
  settings: Omit<HttpSettings, 'headers' | 'credentials'>,
  now: () => number = Date.now,
): () => Promise<string> {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const http = httpClient({
    ...settings,
    credentials: using,
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
  });
  const url = new URL('oidc/v1/token', base);
  const source = `POST ${url.href}`;
  let current: { readonly header: string; readonly until: number } | undefined;
  return async () => {
    if (current !== undefined && now() < current.until) return current.header;
    const text = 'grant_type=client_credentials&scope=all-apis';
    const { status, body } = await http({ method: 'POST', url, text, isRepeatable: true });
    if (status >= 300) {
      const problem = JSON.stringify(body).slice(0, 200);
      throw new LineageError('LOGIN_REFUSED', { url: url.href, status, using, problem });
    }
    const { access_token, expires_in } = parseWire(wireToken, body, source);
    // A minute early, so that it does not end on the way.
    current = { header: `Bearer ${access_token}`, until: now() + (expires_in - 60) * 1000 };
    return current.header;
  };
}

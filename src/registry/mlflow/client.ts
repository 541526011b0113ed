import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import { type Http, type HttpAnswer, httpClient } from '../../base/http.ts';
import { percentDecoded } from '../../base/percent-decoded.ts';
import { parseWire } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { CallOptions } from '../run-store.ts';
import { serverAddress } from './address.ts';
import { databricksServer, isDatabricks } from './databricks.ts';
import type { MlflowSettings } from './settings.ts';

/** MLflow's REST routes, one server's. A refusal is thrown as SERVER_REFUSED; `refusalOf` says what it was. */
export interface MlflowClient {
  /** As messages call it. */
  readonly title: string;
  /** Ends in a slash. */
  readonly base: URL;
  /** Models are those of Unity Catalog: their names have three levels, and they have no stages. */
  readonly isUnityCatalog: boolean;
  /** Not MLflow's own server, but one with routes like its. */
  readonly isOnDatabricks: boolean;
  get<T>(route: string, query: Query, schema: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** For what can be sent twice without harm. */
  post<T>(route: string, body: object, schema: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** For what makes a new thing each time: never sent twice. */
  create<T>(route: string, body: object, schema: z.ZodType<T>, options?: CallOptions): Promise<T>;
  patch<T>(route: string, body: object, schema: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** A file that the server hands out, as text. @param route below the server's address, not below its REST routes */
  file(route: string, query: Query, options?: CallOptions): Promise<string>;
  /** @param path below the artifact root of the server, as in `0/RUN/artifacts/a.json` */
  putArtifact(path: string, text: string, options?: CallOptions): Promise<void>;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** An answer that nobody looks into. */
export const wireNothing = z.unknown();

export function mlflowClient(uri: string, settings: MlflowSettings): MlflowClient {
  const isOnDatabricks = isDatabricks(uri);
  const { base, http, title, isUnityCatalog } = isOnDatabricks
    ? onDatabricks(uri, settings)
    : onServer(uri, settings);

  const send = async <T>(
    request: Omit<Parameters<Http>[0], 'url'> & { route: string },
    schema: z.ZodType<T>,
  ): Promise<T> => {
    const isCatalogs =
      isUnityCatalog && /^(registered-models|model-versions)\//.test(request.route);
    const route = isCatalogs ? `unity-catalog/${request.route}` : request.route;
    const url = new URL(`api/2.0/mlflow/${route}`, base);
    const source = `${request.method} ${url.origin}${url.pathname}`;
    return parseWire(schema, accepted(await http({ ...request, url }), source), source);
  };

  return {
    title,
    base,
    isUnityCatalog,
    isOnDatabricks,
    get: (route, query, schema, options) =>
      send({ method: 'GET', route: `${route}?${queryText(query)}`, ...options }, schema),
    post: (route, json, schema, options) =>
      send({ method: 'POST', route, json, isRepeatable: true, ...options }, schema),
    create: (route, json, schema, options) =>
      send({ method: 'POST', route, json, ...options }, schema),
    patch: (route, json, schema, options) =>
      send({ method: 'PATCH', route, json, isRepeatable: true, ...options }, schema),
    async file(route, query, options) {
      const url = new URL(`${route}?${queryText(query)}`, base);
      const source = `GET ${url.origin}${url.pathname}`;
      const answer = await http({ method: 'GET', url, isText: true, ...options });
      return parseWire(z.string(), accepted(answer, source), source);
    },
    async putArtifact(path, text, options) {
      const steps = path.split('/').map(encodeURIComponent).join('/');
      const url = new URL(`api/2.0/mlflow-artifacts/artifacts/${steps}`, base);
      const answer = await http({ method: 'PUT', url, text, isRepeatable: true, ...options });
      accepted(answer, `PUT ${url.origin}${url.pathname}`);
    },
  };
}

function onServer(uri: string, settings: MlflowSettings) {
  const { base, login } = serverAddress(uri);
  const http = httpFor(base, { ...settings, ...login });
  const title = `MLflow at ${base.href.replace(/\/$/, '')}`;
  return { base, http, title, isUnityCatalog: false };
}

/** The login of another MLflow server is not shown to Databricks. */
function onDatabricks(uri: string, settings: MlflowSettings) {
  const { timeoutSeconds, maxRetries, databricks } = settings;
  const source = databricks ?? { env: {}, configFile: '' };
  const caPath = source.env['DATABRICKS_CA_FILE'] || undefined;
  const patience = withoutUndefined({
    timeoutSeconds,
    maxRetries,
    tls: caPath === undefined ? undefined : { caPath },
  });
  const server = databricksServer(uri, source, patience);
  if (server === undefined) throw new TypeError('the URI is one of Databricks');
  const { base, isUnityCatalog, using: credentials, authorize } = server;
  const what = isUnityCatalog ? 'Unity Catalog' : 'MLflow on Databricks';
  return {
    base,
    isUnityCatalog,
    http: httpClient({ ...patience, credentials, authorize }),
    title: `${what} at ${base.host}`,
  };
}

function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) params.set(key, String(value));
  }
  return params.toString();
}

/** What a server said no with. Travels as the cause of SERVER_REFUSED. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly errorCode: string;

  constructor(errorCode: string, message: string) {
    super(message);
    this.errorCode = errorCode;
  }
}

/** The codes that we tell apart; MLflow has more. */
export type RefusalCode =
  | 'RESOURCE_DOES_NOT_EXIST'
  | 'RESOURCE_ALREADY_EXISTS'
  | 'INVALID_PARAMETER_VALUE'
  | 'BAD_REQUEST';

/** The reason when an error is a server's refusal for one of these codes, else undefined. */
export function refusalOf(error: unknown, ...codes: readonly RefusalCode[]): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Refusal)) return undefined;
  return codes.some((code) => code === cause.errorCode) ? cause.message : undefined;
}

const wireRefusal = z.object({ error_code: z.coerce.string(), message: z.string().default('') });

function accepted({ status, body }: HttpAnswer, source: string): unknown {
  if (status < 300) return body;
  const refusal = wireRefusal.safeParse(body);
  if (!refusal.success || refusal.data.error_code === 'ENDPOINT_NOT_FOUND') {
    const said = JSON.stringify(body).slice(0, 200);
    const problem = `HTTP ${status}, and not in MLflow's words: ${said}`;
    throw new LineageError('UNEXPECTED_RESPONSE', { source, problem });
  }
  const { error_code, message } = refusal.data;
  // Databases add the statement that failed on further lines.
  const problem = message.split('\n', 1)[0]?.slice(0, 1000) || error_code;
  const cause = new Refusal(error_code, problem);
  throw new LineageError('SERVER_REFUSED', { source, status, problem }, { cause });
}

function httpFor(base: URL, settings: MlflowSettings): Http {
  const { insecureTls, caPath, clientCertPath, proxies, workspace } = settings;
  const { credentials, authorization } = loginOf(settings);
  const isTlsAsked = insecureTls || caPath !== undefined || clientCertPath !== undefined;
  const proxy =
    base.protocol === 'https:'
      ? proxyAt('https_proxy', proxies?.https)
      : proxyAt('http_proxy', proxies?.http);
  return httpClient(
    withoutUndefined({
      headers: withoutUndefined({ authorization, 'x-mlflow-workspace': workspace }),
      credentials,
      timeoutSeconds: settings.timeoutSeconds,
      maxRetries: settings.maxRetries,
      tls: isTlsAsked
        ? withoutUndefined({ isInsecure: insecureTls, caPath, clientCertPath })
        : undefined,
      proxy: proxy === undefined ? undefined : { url: proxy, bypass: proxies?.bypass },
    }),
  );
}

/**
 * A proxy is often written without `http://`, and its password as it is, as curl and Python take them.
 *
 * @throws LineageError CONFIG_INVALID; the value may hold a password, and is not repeated
 */
function proxyAt(variable: string, text: string | undefined): string | undefined {
  if (text === undefined) return;
  const address = /^[a-z][-+.\da-z]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^(?:https?|socks5?):$/.test(url.protocol)) {
    const problem = 'It is no address of a proxy, as in http://HOST:PORT.';
    throw new LineageError('CONFIG_INVALID', { path: variable, problem });
  }
  url.username = encodeURIComponent(percentDecoded(url.username));
  url.password = encodeURIComponent(percentDecoded(url.password));
  return url.href;
}

/** @throws LineageError CONFIG_INVALID for a token that no header can hold; `fetch` would repeat it in its own error */
function loginOf({ username, password, token }: MlflowSettings) {
  if (username !== undefined && password !== undefined) {
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    return {
      credentials: `the user ${username} and a password`,
      authorization: `Basic ${basic}`,
    };
  }
  if (token !== undefined) {
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new LineageError('CONFIG_INVALID', {
        path: 'MLFLOW_TRACKING_TOKEN',
        problem: 'It holds a blank, a line break or another character that a token never has.',
      });
    }
    return { credentials: 'a token', authorization: `Bearer ${token}` };
  }
  const credentials =
    username === undefined
      ? 'no credentials'
      : `no credentials: the user ${username} has no password`;
  return { credentials, authorization: undefined };
}

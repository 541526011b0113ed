import { LineageError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { DatabricksSource } from './databricks.ts';

/** How to reach an MLflow server, and as whom. */
export interface MlflowSettings {
  readonly trackingUri: string;
  /** Where models are registered, if that is another server. */
  readonly registryUri?: string;
  /** Wins over a token, if there is a password too. */
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** Trusts any certificate. */
  readonly insecureTls?: boolean;
  /** A PEM file of the authorities to trust. */
  readonly caPath?: string;
  /** A PEM file with the client's certificate and key. */
  readonly clientCertPath?: string;
  readonly timeoutSeconds?: number;
  readonly maxRetries?: number;
  readonly workspace?: string;
  /** The experiment of runs that name none; a name wins over an id. */
  readonly experimentName?: string;
  readonly experimentId?: string;
  /** Who starts runs: the tag mlflow.user. */
  readonly user?: string;
  readonly proxies?: {
    readonly http?: string;
    readonly https?: string;
    /** Hosts to reach without a proxy, as in NO_PROXY. */
    readonly bypass?: string;
  };
  /** Where a URI of Databricks finds its host and login. */
  readonly databricks?: DatabricksSource;
  /** How many versions or models to ask for at a time. */
  readonly pageSize?: number;
}

export interface MlflowLogin {
  readonly username?: string;
  readonly password?: string;
}

/**
 * The settings that MLflow's own client would take from the environment, or undefined when MLFLOW_TRACKING_URI is not set.
 *
 * @param file the login of `~/.mlflow/credentials`, used where the environment has none
 * @throws LineageError CONFIG_INVALID for a variable that can't be used
 */
export function mlflowSettings(
  env: Readonly<Record<string, string | undefined>>,
  file: MlflowLogin = {},
): MlflowSettings | undefined {
  const text = (...names: readonly string[]) => names.map((name) => env[name]).find(Boolean);
  const trackingUri = text('MLFLOW_TRACKING_URI');
  if (trackingUri === undefined) return undefined;
  for (const name of ['MLFLOW_TRACKING_AWS_SIGV4', 'MLFLOW_TRACKING_AUTH']) {
    if (isSet(env, name)) {
      throw invalid(name, 'asof can log in with a user and password or with a token only');
    }
  }
  const insecureTls = boolean(env, 'MLFLOW_TRACKING_INSECURE_TLS');
  const caPath = text('MLFLOW_TRACKING_SERVER_CERT_PATH');
  if (insecureTls && caPath !== undefined) {
    throw invalid(
      'MLFLOW_TRACKING_SERVER_CERT_PATH',
      'certificates are either checked or, with MLFLOW_TRACKING_INSECURE_TLS, not',
    );
  }
  const username = text('MLFLOW_TRACKING_USERNAME') ?? file.username;
  return withoutUndefined({
    trackingUri,
    registryUri: text('MLFLOW_REGISTRY_URI'),
    username,
    password: text('MLFLOW_TRACKING_PASSWORD') ?? file.password,
    token: text('MLFLOW_TRACKING_TOKEN'),
    insecureTls,
    caPath,
    clientCertPath: text('MLFLOW_TRACKING_CLIENT_CERT_PATH'),
    timeoutSeconds: count(env, 'MLFLOW_HTTP_REQUEST_TIMEOUT', 1),
    maxRetries: count(env, 'MLFLOW_HTTP_REQUEST_MAX_RETRIES', 0),
    workspace: text('MLFLOW_WORKSPACE')?.trim(),
    experimentName: text('MLFLOW_EXPERIMENT_NAME'),
    experimentId: text('MLFLOW_EXPERIMENT_ID'),
    // In the order of Python's getpass, which MLflow asks.
    user: username ?? text('LOGNAME', 'USER', 'LNAME', 'USERNAME'),
    proxies: withoutUndefined({
      http: text('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'),
      https: text('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
      bypass: text('no_proxy', 'NO_PROXY'),
    }),
  });
}

function isSet(env: Readonly<Record<string, string | undefined>>, name: string): boolean {
  return !['', 'false', '0'].includes(env[name]?.toLowerCase() ?? '');
}

function boolean(env: Readonly<Record<string, string | undefined>>, name: string) {
  const text = env[name]?.toLowerCase();
  if (text === undefined || text === '') return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw invalid(name, `'${env[name]}' is neither true nor false`);
}

function count(env: Readonly<Record<string, string | undefined>>, name: string, least: number) {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(name, `'${text}' is not a whole number from ${least}`);
}

function invalid(name: string, problem: string) {
  return new LineageError('CONFIG_INVALID', { path: name, problem });
}

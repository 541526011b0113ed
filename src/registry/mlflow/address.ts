import { LineageError } from '../../base/errors.ts';
import { percentDecoded } from '../../base/percent-decoded.ts';

/** Where a server answers, and the login that its address carried. */
export interface ServerAddress {
  /** Ends in a slash and holds neither user nor password. */
  readonly base: URL;
  readonly login?: { readonly username: string; readonly password: string };
}

/**
 * Reads a tracking or registry URI. A path prefix is kept; a login in it wins over other settings, as with MLflow's own client.
 *
 * @throws LineageError TRACKING_URI_UNSUPPORTED for anything but http and https, with the command that makes a server of it
 */
export function serverAddress(uri: string): ServerAddress {
  const text = uri.trim();
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw unsupported(text);
  const url = new URL(text);
  const login = {
    username: percentDecoded(url.username),
    password: percentDecoded(url.password),
  };
  const base = new URL(`${url.origin}${url.pathname.replace(/\/*$/, '/')}`);
  return login.username === '' ? { base } : { base, login };
}

function unsupported(uri: string): LineageError {
  const scheme = /^([a-z][-+.\da-z]*):/i.exec(uri)?.[1]?.toLowerCase() ?? '';
  const refuse = (problem: string, instead: string) =>
    new LineageError('TRACKING_URI_UNSUPPORTED', { uri: withoutPassword(uri), problem, instead });
  if (/^(databricks(-uc)?|uc)(:|$)/i.test(uri)) {
    return refuse(
      'of Databricks it knows databricks, databricks://PROFILE, databricks-uc and databricks-uc://PROFILE',
      'Set MLFLOW_TRACKING_URI to an MLflow server at http:// or https://, or leave it out to use the ledger.',
    );
  }
  if (/^https?$/.test(scheme)) {
    return refuse('it is not a valid URL', 'Write it as http://HOST:PORT.');
  }
  if (/^[-.\w]+:\d+(\/|$)/.test(uri)) {
    return refuse('it does not start with http:// or https://', `Write http://${uri}.`);
  }
  const serve = (store: string) =>
    `Run '${store} --port 5000', then set MLFLOW_TRACKING_URI=http://127.0.0.1:5000.`;
  if (scheme === '' || scheme === 'file') {
    return refuse(
      'asof speaks to MLflow over HTTP, and this is a folder',
      serve(`MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri ${uri || './mlruns'}`),
    );
  }
  if (/^(sqlite|postgresql|mysql|mssql|oracle)\b/.test(scheme)) {
    return refuse(
      'asof speaks to MLflow over HTTP, and this is a database',
      serve(`mlflow server --backend-store-uri ${withoutPassword(uri)}`),
    );
  }
  return refuse(
    'asof speaks to MLflow over http and https only',
    'Set MLFLOW_TRACKING_URI to the http:// or https:// address of the server.',
  );
}

/** Database URIs carry a password before the host, or in what follows the question mark. */
function withoutPassword(uri: string): string {
  return uri
    .replace(/\/\/([^/@:]*):.*@/s, '//$1:***@')
    .replace(/^([^/\\@:]+):[^/\\@]*@/, '$1:***@')
    .replace(/\?.*$/s, '?***');
}

import { readFileSync } from 'node:fs';
import { LineageError } from '../../base/errors.ts';

/** How a SQL warehouse is reached, by the variables and the profile file of Databricks' own tools. */
export interface WarehouseSettings {
  readonly host: string;
  readonly port: number;
  /** The path of its HTTP endpoint. */
  readonly path: string;
  readonly login: WarehouseLogin;
  /** A PEM file of authorities to trust besides the usual ones. */
  readonly caFile?: string;
  /** `login` in words, without secrets. */
  readonly using: string;
}

export type WarehouseLogin =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'oauth'; readonly clientId: string; readonly clientSecret: string };

type Environment = Readonly<Record<string, string | undefined>>;
type Profile = Readonly<Record<string, string>>;

/**
 * The warehouse that the environment names, or else the profile that it names, or else the profile DEFAULT if that names a warehouse;
 * undefined where none does. A host alone is no warehouse.
 *
 * @param options.configFile the path of `.databrickscfg`
 * @throws LineageError WAREHOUSE_UNCONFIGURED when half of what is needed is there
 */
export function warehouseSettings(
  env: Environment,
  options: { readonly configFile: string },
): WarehouseSettings | undefined {
  const named = env['DATABRICKS_CONFIG_PROFILE'] || undefined;
  const file = env['DATABRICKS_CONFIG_FILE'] || options.configFile;
  const profile = readProfile(file, named);
  const pick = (variable: string, key: string) => env[variable] || profile?.[key] || undefined;
  const httpPath = pick('DATABRICKS_HTTP_PATH', 'http_path');
  const warehouseId = pick('DATABRICKS_WAREHOUSE_ID', 'warehouse_id');
  if (httpPath === undefined && warehouseId === undefined) return;

  const unconfigured = (problem: string) => new LineageError('WAREHOUSE_UNCONFIGURED', { problem });
  const host = pick('DATABRICKS_HOST', 'host');
  if (host === undefined) throw unconfigured('DATABRICKS_HOST is not set');
  if (httpPath === undefined && !/^[\w-]+$/.test(warehouseId ?? '')) {
    throw unconfigured(`'${warehouseId}' is no warehouse id`);
  }
  const address = parseHost(host);
  if (address === undefined) throw unconfigured(`'${host}' is no host`);
  const { login, using } = loginOf(pick) ?? {};
  if (login === undefined || using === undefined) {
    throw unconfigured(
      'there is neither DATABRICKS_TOKEN nor DATABRICKS_CLIENT_ID with DATABRICKS_CLIENT_SECRET',
    );
  }
  const caFile = env['DATABRICKS_CA_FILE'] || env['REQUESTS_CA_BUNDLE'] || undefined;
  return {
    ...address,
    path: httpPath ?? `/sql/1.0/warehouses/${warehouseId}`,
    login,
    using,
    ...(caFile !== undefined && { caFile }),
  };
}

function loginOf(pick: (variable: string, key: string) => string | undefined) {
  const token = pick('DATABRICKS_TOKEN', 'token');
  if (token !== undefined) {
    return { login: { kind: 'token', token }, using: 'DATABRICKS_TOKEN' } as const;
  }
  const clientId = pick('DATABRICKS_CLIENT_ID', 'client_id');
  const clientSecret = pick('DATABRICKS_CLIENT_SECRET', 'client_secret');
  if (clientId === undefined || clientSecret === undefined) return;
  return {
    login: { kind: 'oauth', clientId, clientSecret },
    using: 'DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET',
  } as const;
}

/** `https://dbc-1.cloud.databricks.com/`, or the name alone, with a port or without. */
function parseHost(text: string): { readonly host: string; readonly port: number } | undefined {
  const address = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return;
  const url = new URL(address);
  if (url.protocol !== 'https:' || url.hostname === '') return;
  return { host: url.hostname, port: url.port === '' ? 443 : Number(url.port) };
}

/**
 * A profile of `.databrickscfg`: sections of `key = value`.
 *
 * @param named undefined for DEFAULT, which need not be there
 */
function readProfile(path: string, named: string | undefined): Profile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, error);
    if (named === undefined) return;
    const problem = `there is no ${path} to hold the profile ${named}`;
    throw new LineageError('WAREHOUSE_UNCONFIGURED', { problem }, { cause: error });
  }
  const profile = parseProfiles(text).get(named ?? 'DEFAULT');
  if (profile === undefined && named !== undefined) {
    throw new LineageError('WAREHOUSE_UNCONFIGURED', {
      problem: `${path} has no profile ${named}`,
    });
  }
  return profile;
}

function unreadable(path: string, error: unknown) {
  const problem = `the system says ${(error as NodeJS.ErrnoException).code}`;
  return new LineageError('FILE_UNREADABLE', { path, problem }, { cause: error });
}

function parseProfiles(text: string): ReadonlyMap<string, Profile> {
  const profiles = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, section] = /^\s*\[([^\]]+)\]\s*$/.exec(line) ?? [];
    if (section !== undefined) {
      current = {};
      profiles.set(section.trim(), current);
      continue;
    }
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && current !== undefined) current[key] = value;
  }
  return profiles;
}

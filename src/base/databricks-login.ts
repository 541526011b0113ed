import { readFileSync } from 'node:fs';
import { LineageError } from './errors.ts';

export type DatabricksLogin =
  | { readonly kind: 'token'; readonly token: string }
  /** Of a service principal: OAuth, machine to machine. */
  | { readonly kind: 'oauth'; readonly clientId: string; readonly clientSecret: string };

/** A workspace of Databricks, and as whom to speak to it. */
export interface DatabricksHost {
  readonly host: string;
  readonly port: number;
  readonly login: DatabricksLogin;
  /** `login` in words, without secrets. */
  readonly using: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Finds a setting by the name of its variable, or by its key in the profile. */
export type Pick = (variable: string, key: string) => string | undefined;

/**
 * Settings as Databricks' own tools find them: variables first, then the profile that `DATABRICKS_CONFIG_PROFILE` names, or DEFAULT. Of a
 * profile named here, the profile alone.
 *
 * @param options.configFile the path of `.databrickscfg`
 * @throws LineageError DATABRICKS_UNCONFIGURED when the profile named is not there; FILE_UNREADABLE
 */
export function databricksSettings(
  env: Environment,
  { configFile, profile: only }: { readonly configFile: string; readonly profile?: string },
): Pick {
  const named = only ?? (env['DATABRICKS_CONFIG_PROFILE'] || undefined);
  const profile = readProfile(env['DATABRICKS_CONFIG_FILE'] || configFile, named);
  return (variable, key) => (only === undefined && env[variable]) || profile?.[key] || undefined;
}

/** @throws LineageError DATABRICKS_UNCONFIGURED when half of what is needed is there */
export function databricksHost(pick: Pick): DatabricksHost {
  const host = pick('DATABRICKS_HOST', 'host');
  if (host === undefined) throw unconfigured('DATABRICKS_HOST is not set');
  const address = parseHost(host);
  if (address === undefined) throw unconfigured(`'${host}' is no host`);
  const { login, using } = loginOf(pick) ?? {};
  if (login === undefined || using === undefined) {
    throw unconfigured(
      'there is neither DATABRICKS_TOKEN nor DATABRICKS_CLIENT_ID with DATABRICKS_CLIENT_SECRET',
    );
  }
  return { ...address, login, using };
}

export function unconfigured(problem: string, cause?: unknown) {
  return new LineageError('DATABRICKS_UNCONFIGURED', { problem }, { cause });
}

function loginOf(pick: Pick) {
  const token = pick('DATABRICKS_TOKEN', 'token');
  if (token !== undefined) {
    // A header could not hold it, and what refuses it would repeat it.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw unconfigured('DATABRICKS_TOKEN holds a character that a token never has');
    }
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

type Profile = Readonly<Record<string, string>>;

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
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      const problem = `the system says ${code}`;
      throw new LineageError('FILE_UNREADABLE', { path, problem }, { cause: error });
    }
    if (named === undefined) return;
    throw unconfigured(`there is no ${path} to hold the profile ${named}`, error);
  }
  const profile = parseProfiles(text).get(named ?? 'DEFAULT');
  if (profile === undefined && named !== undefined) {
    throw unconfigured(`${path} has no profile ${named}`);
  }
  return profile;
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

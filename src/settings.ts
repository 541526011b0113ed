import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LineageError } from './base/errors.ts';
import { withoutLogin } from './base/without-login.ts';
import type { VersionParam } from './lineage/evidence.ts';
import type { EvidenceNames } from './lineage/named-evidence.ts';
import type { ConfigResult } from './lineage/result/config.ts';
import { asofVersion } from './version.ts';

/** What asof works with, and where each part of it comes from. */
export interface Settings {
  /** The asof.yaml that was found, if any. */
  readonly file: string | undefined;
  /** Locations by table name. */
  readonly tables: Readonly<Record<string, string>>;
  /** Which way leads to a table by name: its log, the SQL warehouse, or both where both are there. */
  readonly engine: Setting<Engine>;
  readonly trackingUri: Setting<string | undefined>;
  readonly registryUri: Setting<string | undefined>;
  /** The path of the ledger. */
  readonly ledger: Setting<string>;
  readonly versionParams: readonly VersionParam[];
  /** Names under which a team's own code records tables and versions. */
  readonly evidenceNames: EvidenceNames;
  /** The environment that MLflow's own variables are read from. */
  readonly env: Environment;
}

export interface Setting<T> {
  readonly value: T;
  /** A variable's name, the path of asof.yaml, or `default`. */
  readonly from: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const engines = ['auto', 'log', 'warehouse'] as const;
export type Engine = (typeof engines)[number];

/** A heading with nothing below it is null in YAML. */
const orEmpty = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** Where something is. An empty path would be the folder of the file, and an empty URI no server at all. */
const wirePlace = z.string().refine((text) => text.trim() !== '', 'it is empty');

const wireSettings = orEmpty(
  z.strictObject({
    tables: orEmpty(z.record(z.string(), wirePlace)),
    mlflow: orEmpty(
      z.strictObject({ trackingUri: orEmpty(wirePlace), registryUri: orEmpty(wirePlace) }),
    ),
    ledger: orEmpty(wirePlace),
    engine: orEmpty(z.enum(engines)),
    evidence: orEmpty(
      z.strictObject({
        params: orEmpty(z.array(z.strictObject({ version: z.string(), table: z.string() }))),
        pairs: orEmpty(z.array(z.strictObject({ version: z.string(), table: z.string() }))),
        refs: orEmpty(z.array(z.string())),
      }),
    ),
  }),
).transform((found) => ({
  tables: found?.tables ?? {},
  mlflow: found?.mlflow ?? { trackingUri: undefined, registryUri: undefined },
  ledger: found?.ledger,
  engine: found?.engine,
  versionParams: found?.evidence?.params ?? [],
  evidenceNames: { pairs: found?.evidence?.pairs ?? [], refs: found?.evidence?.refs ?? [] },
}));

const fileNames = ['asof.yaml', 'asof.yml'];

/**
 * Standard variables first, then the nearest asof.yaml at or above the folder, then defaults. Relative paths in the file start at it;
 * `~` is the home folder, as in a shell, which does not see them.
 *
 * @param options.file a path to use instead of looking for one; ASOF_CONFIG does the same
 * @throws LineageError CONFIG_INVALID, FILE_UNREADABLE
 */
export async function loadSettings(options: {
  readonly cwd: string;
  readonly env: Environment;
  readonly file?: string | undefined;
}): Promise<Settings> {
  const { cwd, env } = options;
  const named = options.file ?? (env['ASOF_CONFIG'] || undefined);
  const file = named === undefined ? findUpward(cwd) : resolve(cwd, named);
  const { tables, mlflow, ledger, engine, versionParams, evidenceNames } =
    file === undefined ? wireSettings.parse(null) : await readSettings(file);
  const base = file === undefined ? cwd : dirname(file);
  const pick = (variable: string, inFile: string | undefined): Setting<string | undefined> => {
    const value = env[variable];
    if (value !== undefined && value !== '') return { value, from: variable };
    if (inFile !== undefined && file !== undefined) return { value: inFile, from: file };
    return { value: undefined, from: 'default' };
  };
  const found = pick('ASOF_LEDGER', ledger && atHome(ledger));
  const chosen = pick('ASOF_ENGINE', engine);
  return {
    file,
    tables: Object.fromEntries(
      Object.entries(tables).map(([name, location]) => [
        name,
        isUrl(location) ? location : resolve(base, atHome(location)),
      ]),
    ),
    engine: { value: engineOf(chosen), from: chosen.from },
    trackingUri: pick('MLFLOW_TRACKING_URI', mlflow.trackingUri),
    registryUri: pick('MLFLOW_REGISTRY_URI', mlflow.registryUri),
    ledger: {
      value: resolve(found.from === 'ASOF_LEDGER' ? cwd : base, found.value ?? 'asof.db'),
      from: found.from,
    },
    versionParams,
    evidenceNames,
    env,
  };
}

function engineOf({ value = 'auto', from }: Setting<string | undefined>): Engine {
  const engine = engines.find((candidate) => candidate === value);
  if (engine !== undefined) return engine;
  const problem = `'${value}' is none of ${engines.join(', ')}`;
  throw new LineageError('OPTION_INVALID', { option: from, problem });
}

function atHome(path: string): string {
  return path.replace(/^~(?=[/\\]|$)/, () => homedir());
}

function findUpward(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = fileNames.map((name) => join(at, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(at) === at) return;
  }
}

async function readSettings(path: string): Promise<z.output<typeof wireSettings>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'there is no such file' : `the system says ${code}`;
    throw new LineageError('FILE_UNREADABLE', { path, problem }, { cause: error });
  }
  const { parseDocument, YAMLError } = await import('yaml');
  let content: unknown;
  try {
    const document = parseDocument(text);
    // What the parser only warns of, a tag that it doesn't know, would be passed over.
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    content = document.toJS();
  } catch (error) {
    // A reference to nowhere is a ReferenceError: `*.parquet` without quotes.
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw new LineageError('CONFIG_INVALID', { path, problem: error.message }, { cause: error });
  }
  const result = wireSettings.safeParse(content);
  if (!result.success) {
    throw new LineageError('CONFIG_INVALID', { path, problem: z.prettifyError(result.error) });
  }
  const seen = new Map<string, string>();
  for (const name of Object.keys(result.data.tables)) {
    const other = seen.get(plainName(name));
    if (other !== undefined) {
      const problem = `tables: ${other} and ${name} are one name; the case of letters does not count, nor does 'spark_catalog.'`;
      throw new LineageError('CONFIG_INVALID', { path, problem });
    }
    seen.set(plainName(name), name);
  }
  return result.data;
}

/** Letter case does not count, nor does the catalog in which Spark looks where none is named. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/^spark_catalog\./, '');
}

function isUrl(location: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(location);
}

/** Set or not is all that is told of these. */
const secrets = [
  'MLFLOW_TRACKING_USERNAME',
  'MLFLOW_TRACKING_PASSWORD',
  'MLFLOW_TRACKING_TOKEN',
  'DATABRICKS_TOKEN',
  'DATABRICKS_CLIENT_SECRET',
] as const;

/** Told as they are, where they are set: they lead to the SQL warehouse. */
const warehouseVariables = [
  'DATABRICKS_HOST',
  'DATABRICKS_HTTP_PATH',
  'DATABRICKS_WAREHOUSE_ID',
  'DATABRICKS_CONFIG_PROFILE',
  'DATABRICKS_CLIENT_ID',
  'DATABRICKS_CA_FILE',
] as const;

/** The settings as `asof config` shows them: no secret, only that there is one. */
export function configResultOf(settings: Settings): ConfigResult {
  const {
    file,
    tables,
    engine,
    trackingUri,
    registryUri,
    ledger,
    versionParams,
    evidenceNames,
    env,
  } = settings;
  const inFile = file ?? 'default';
  return {
    schemaVersion: 1,
    asof: asofVersion,
    file: file ?? null,
    settings: [
      { name: 'mlflow.trackingUri', value: shown(trackingUri.value), from: trackingUri.from },
      { name: 'mlflow.registryUri', value: shown(registryUri.value), from: registryUri.from },
      { name: 'ledger', value: ledger.value, from: ledger.from },
      { name: 'engine', value: engine.value, from: engine.from },
      ...Object.entries(tables).map(([name, value]) => ({
        name: `tables.${name}`,
        value,
        from: inFile,
      })),
      ...versionParams.map(({ version, table }) => ({
        name: `evidence.params.${version}`,
        value: table,
        from: inFile,
      })),
      ...evidenceNames.pairs.map(({ version, table }) => ({
        name: `evidence.pairs.${version}`,
        value: table,
        from: inFile,
      })),
      ...evidenceNames.refs.map((value) => ({ name: 'evidence.refs', value, from: inFile })),
      ...warehouseVariables.flatMap((name) => {
        const value = env[name];
        return value ? [{ name, value: withoutLogin(value), from: 'environment' }] : [];
      }),
      ...secrets
        .filter((name) => env[name])
        .map((name) => ({ name, value: '(set)', from: 'environment' })),
    ],
  };
}

function shown(uri: string | undefined): string | null {
  // Also where the scheme was forgotten.
  return uri === undefined ? null : withoutLogin(uri).replace(/^[^/\\@:]+:[^/\\@]*@/, '');
}

import { isLineageError } from '../base/errors.ts';
import { parseTableName } from '../delta/table-ref.ts';
import {
  type Evidence,
  type UnnamedVersion,
  unnamedVersion,
  type VersionParam,
} from './evidence.ts';
import type { Warning } from './result/parts.ts';

/** Names under which a team's own code records tables; `*` stands for any text, the same in both of a pair. */
export interface EvidenceNames {
  readonly pairs: readonly { readonly table: string; readonly version: string }[];
  /** Values of the form `TABLE@v47`. */
  readonly refs: readonly string[];
}

type Named = 'param' | 'tag' | 'model-metadata';
const words: Readonly<Record<Named, string>> = {
  param: 'param',
  tag: 'tag',
  'model-metadata': 'MLmodel metadata',
};

/** What a key has to speak of, to be taken for one about a table: `model_path` with `model_version` is not. */
const dataWords = /table|data|delta|feature|train|source|input/i;
const tableSuffixes = [
  '',
  ...['_table', '_path', '_name', '_uri', '_location', '_table_name'].flatMap(spellings),
];
const unnamedVersions = [
  unnamedVersion,
  'data_version',
  'dataset_version',
  'delta_version',
  'delta_table_version',
  'table_version',
].flatMap(spellings);

/** `a_b` as people write it: `a_b`, `a.b`, `a-b`, `aB`. */
function spellings(name: string): readonly string[] {
  const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return [name, name.replace('_', '.'), name.replaceAll('_', '-'), camel];
}

/**
 * Tables and versions as people write them by hand: `feature_table` with `feature_table_version`, `<alias>_table` with
 * `<alias>_table_version`, `delta_path` with `delta_version` and the like, `training_data` = `TABLE@v47`, and the names of a team's own.
 */
export function namedEvidence(
  kind: Named,
  values: Readonly<Record<string, string>>,
  versionParams: readonly VersionParam[],
  { pairs, refs }: EvidenceNames = { pairs: [], refs: [] },
): {
  readonly evidence: readonly Evidence[];
  readonly warnings: readonly Warning[];
  readonly unnamed: readonly UnnamedVersion[];
} {
  const own = Object.entries(values).filter(([key]) => !/^(mlflow|asof)\./.test(key));
  const keys = new Map(own);
  const used = new Set<string>();
  const evidence: Evidence[] = [];
  const warnings: Warning[] = [];
  const add = (versionKey: string, ref: string, text: string, alias?: string) => {
    const where = `${words[kind]} ${versionKey}`;
    const version = versionIn(text);
    if (version === undefined) {
      const message = `${where}: '${text}' is not a version of a table.`;
      warnings.push({ code: 'VERSION_UNREADABLE', message });
    }
    used.add(versionKey);
    evidence.push({
      kind,
      where,
      ref,
      ...(alias !== undefined && { alias }),
      ...(version !== undefined && { version }),
    });
  };

  for (const pair of pairs) {
    const match = pattern(pair.version);
    for (const [key, text] of own) {
      const star = match.exec(key)?.[1];
      if (star === undefined || used.has(key)) continue;
      const ref = keys.get(pair.table.replace('*', () => star));
      if (ref !== undefined && ref !== '') add(key, ref, text);
    }
  }
  for (const [key, ref] of own) {
    const alias = /^(\w+)_table$/.exec(key)?.[1];
    const versionKey = `${key}_version`;
    const text = keys.get(versionKey);
    if (alias === undefined || text === undefined || ref === '' || used.has(versionKey)) continue;
    add(versionKey, ref, text, alias === 'feature' ? undefined : alias);
  }
  for (const [key, text] of own) {
    const [, base] = /^(.+)[_.-]version$/i.exec(key) ?? /^(.+)Version$/.exec(key) ?? [];
    if (base === undefined || used.has(key) || !dataWords.test(base)) continue;
    const ref = tableSuffixes
      .map((suffix) => keys.get(base + suffix))
      .find((value) => value !== undefined && isTable(value));
    if (ref !== undefined) add(key, ref, text);
  }
  for (const [key, value] of own) {
    const isOurs = refs.some((ref) => pattern(ref).test(key));
    const [, ref, version] = /^\s*(.+)@v(\d+)\s*$/i.exec(value) ?? [];
    if (ref === undefined || version === undefined) continue;
    if (isOurs || (dataWords.test(key) && isTable(ref))) add(key, ref, version);
  }
  for (const { version, table } of versionParams) {
    const text = keys.get(version);
    if (text !== undefined) add(version, table, text);
  }
  const unnamed = unnamedVersions.flatMap((key): readonly UnnamedVersion[] => {
    const text = keys.get(key);
    if (text === undefined || used.has(key)) return [];
    return [{ kind, where: `${words[kind]} ${key}`, key, text, version: versionIn(text) }];
  });
  return { evidence, warnings, unnamed };
}

/** The pattern as an expression, what `*` stands for as its group. */
function pattern(text: string): RegExp {
  const [before = '', ...behind] = text.split('*');
  const escaped = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (behind.length === 0) return new RegExp(`^${escaped(before)}()$`);
  return new RegExp(`^${escaped(before)}(.*)${escaped(behind.join('*'))}$`);
}

/** A location, or a name of two or three parts: one word alone may be anything. */
function isTable(text: string): boolean {
  if (/^\s*$|^[\d.]+$/.test(text)) return false;
  try {
    const table = parseTableName(text);
    return table.kind === 'location' || table.parts.length > 1;
  } catch (error) {
    if (isLineageError(error)) return false;
    throw error;
  }
}

function versionIn(text: string): number | undefined {
  const digits = /^\s*v?(\d+)\s*$/i.exec(text)?.[1];
  const version = digits === undefined ? undefined : Number(digits);
  return Number.isSafeInteger(version) ? version : undefined;
}

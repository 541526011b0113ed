import { isMaybeCut } from './cut-values.ts';
import {
  type Evidence,
  type UnnamedVersion,
  unnamedVersion,
  type VersionParam,
} from './evidence.ts';
import { flatValues } from './flat-values.ts';
import { meaningOf } from './key-meaning.ts';
import {
  instantIn,
  isLocal,
  isOtherFile,
  isTable,
  tableAtInstant,
  tableAtVersion,
  tablesAtVersions,
  versionIn,
} from './named-values.ts';
import type { Warning } from './result/parts.ts';
import { type NamedPlace, tablesInSql } from './wire-dataset-source.ts';

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

const tableSuffixes = [
  '',
  ...['_table', '_path', '_name', '_uri', '_location', '_table_name'].flatMap(spellings),
];
const unnamedVersions = new Set(
  [
    unnamedVersion,
    'data_version',
    'dataset_version',
    'delta_version',
    'delta_table_version',
    'table_version',
    'version_as_of',
  ].flatMap(spellings),
);

/** `a_b` as people and frameworks write it: `a_b`, `a.b`, `a/b`, `a-b`, `aB`. */
function spellings(name: string): readonly string[] {
  const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const parted = ['.', '/'].map((separator) => name.replace('_', separator));
  return [name, ...parted, name.replaceAll('_', '-'), camel];
}

/**
 * Tables and versions as people write them by hand: `feature_table` with `feature_table_version`, `<alias>_table` with
 * `<alias>_table_version`, `delta_path` with `delta_version` and the like, `training_data` = `TABLE@v47`, SQL with `VERSION AS OF 47`, and
 * the names of a team's own.
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
  const own = flatValues(values);
  if (own.length === 0) return { evidence: [], warnings: [], unnamed: [] };
  const keys = new Map(own);
  const used = new Set<string>();
  const evidence: Evidence[] = [];
  const warnings: Warning[] = [];
  const add = (versionKey: string, named: string, text: string, alias?: string) => {
    const where = `${words[kind]} ${versionKey}`;
    // Its own version, if it has one, is a record beside this.
    const ref = tableAtVersion(named)?.ref ?? named;
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

  const tableBeside = (base: string) =>
    tableSuffixes
      .map((suffix) => keys.get(base + suffix))
      .find((value) => value !== undefined && isTable(value));

  // Names of a team's own.
  for (const pair of pairs) {
    const match = pattern(pair.version);
    for (const [key, text] of own) {
      const star = match.exec(key)?.[1];
      if (star === undefined || used.has(key)) continue;
      const ref = keys.get(pair.table.replace('*', () => star));
      if (ref !== undefined && ref !== '') add(key, ref, text);
    }
  }
  // `<alias>_table` with `<alias>_table_version`, as asof itself writes them.
  for (const [key, ref] of own) {
    const { alias } = meaningOf(key);
    const versionKey = `${key}_version`;
    const text = alias === undefined ? undefined : keys.get(versionKey);
    if (text === undefined || ref === '' || used.has(versionKey)) continue;
    add(versionKey, ref, text, alias === 'feature' ? undefined : alias);
  }
  // A version beside anything that can be a table, or with its name in its own.
  for (const [key, text] of own) {
    if (used.has(key)) continue;
    const { versionOf, versionOfTable } = meaningOf(key);
    const ref = versionOf === undefined ? undefined : tableBeside(versionOf);
    const version = versionOfTable === undefined ? undefined : versionIn(text);
    if (ref !== undefined) {
      add(key, ref, text);
    } else if (versionOfTable !== undefined && version !== undefined) {
      const where = `${words[kind]} ${key}`;
      evidence.push({ kind, where, ref: versionOfTable, version, isPlace: true });
    }
  }
  // A moment beside one.
  for (const [key, text] of own) {
    const { momentOf } = meaningOf(key);
    if (momentOf === undefined || used.has(key)) continue;
    const isBare = momentOf === '';
    const ref = isBare
      ? own.find(([name, value]) => isBarePlace(name, value))?.[1]
      : tableBeside(momentOf);
    if (ref === undefined) continue;
    const where = `${words[kind]} ${key}`;
    const instant = instantIn(text);
    if (instant !== undefined) {
      evidence.push({ kind, where, ref, ...(isBare && { isPlace: true }), instant });
      continue;
    }
    const message = `${where}: '${text}' is no instant like 2026-01-31T00:00:00Z, with a time zone.`;
    warnings.push({ code: 'VERSION_UNREADABLE', message });
  }
  // Both in one value, or under the barest of names.
  const ours = refs.map(pattern);
  for (const [key, value] of own) {
    const { isInput, isSql, isBare } = meaningOf(key);
    if (!isSql && !isBare && refs.length === 0) continue;
    const where = `${words[kind]} ${key}`;
    const isOurs = ours.some((one) => one.test(key));
    const found = isOurs || isInput || isBare ? tablesAtVersions(value) : [];
    if (found.length > 0) {
      if (isCut(kind, value)) continue;
      for (const table of found) {
        const isNamed = isOurs || (isInput && isTable(table.ref));
        if (isNamed) evidence.push({ kind, where, ...table });
        else if (isBarePlace(key, table.ref))
          evidence.push({ kind, where, ...table, isPlace: true });
      }
      continue;
    }
    const moment = isInput ? tableAtInstant(value) : undefined;
    if (moment !== undefined) {
      evidence.push({ kind, where, ...moment });
      continue;
    }
    for (const table of tablesOfSql(kind, key, value)) {
      if (table.version !== undefined) evidence.push({ kind, where, ...table });
    }
    const beside = isBarePlace(key, value) ? versionIn(keys.get('version') ?? '') : undefined;
    if (beside !== undefined) {
      const both = `${where} with version`;
      evidence.push({ kind, where: both, ref: value, version: beside, isPlace: true });
    }
  }
  for (const { version, table } of versionParams) {
    const text = keys.get(version);
    if (text !== undefined) add(version, table, text);
  }
  const unnamed = own
    .filter(([key]) => unnamedVersions.has(key) && !used.has(key))
    .map(([key, text]) => {
      return { kind, where: `${words[kind]} ${key}`, key, text, version: versionIn(text) };
    });
  return { evidence, warnings, unnamed };
}

/** What may be tables that the run read, named by hand without a version. */
export function namedPlaces(
  kind: Named,
  values: Readonly<Record<string, string>>,
): readonly Evidence[] {
  return flatValues(values).flatMap(([key, value]) => {
    const named = tablesOfSql(kind, key, value).filter(({ version }) => version === undefined);
    // `feature_selection` may hold the name of a class; a location speaks for itself.
    const { isInput, isOfTable } = meaningOf(key);
    const isRead = isBarePlace(key, value) || (isInput && (/[\\/]/.test(value) || isOfTable));
    if (isRead && isTable(value) && !isOtherFile(value)) named.push({ ref: value, isPlace: true });
    const where = `${words[kind]} ${key}`;
    return named.map((place) => ({ kind, where, ...place, isVersionless: true }));
  });
}

/** The pattern as an expression, what `*` stands for as its group. */
function pattern(text: string): RegExp {
  const [before = '', ...behind] = text.split('*');
  const escaped = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (behind.length === 0) return new RegExp(`^${escaped(before)}()$`);
  return new RegExp(`^${escaped(before)}(.*)${escaped(behind.join('*'))}$`);
}

/** The tables of a SELECT, or of `TABLE VERSION AS OF 47`; of a text that MLflow may have cut within a version none. */
function tablesOfSql(kind: Named, key: string, value: string): NamedPlace[] {
  if (!meaningOf(key).isSql) return [];
  const isVersion = /^\s*\S+\s+VERSION\s+AS\s+OF\s+'?\d+'?\s*$/i.test(value);
  if (!isVersion && !/\bSELECT\b.*\bFROM\b/is.test(value)) return [];
  if (isCut(kind, value)) return [];
  return [...tablesInSql(isVersion ? `FROM ${value}` : value)];
}

/** Whether MLflow may have left off its end. */
function isCut(kind: Named, value: string): boolean {
  return kind !== 'model-metadata' && isMaybeCut(kind, value);
}

/** Where a table may lie that anybody can look at, under a name that says no more. */
function isBarePlace(key: string, value: string): boolean {
  return meaningOf(key).isBare && isTable(value) && isLocal(value) && !isOtherFile(value);
}

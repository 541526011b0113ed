import type { Run } from '../registry/run.ts';
import type { EvidenceKind, Warning } from './result/parts.ts';
import type { Stamp, StampedTable } from './stamp.ts';
import { stampTag, tableTag } from './stamp.ts';
import { deltaSource } from './wire-dataset-source.ts';

/** What one record on a run says about one table. */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** Where it stands, in words. */
  readonly where: string;
  /** What the record calls the table; absent when only the table's own name is known. */
  readonly alias?: string;
  /** The table's name or location, as recorded. */
  readonly ref: string;
  /** Another place where the table may be found. */
  readonly location?: string;
  readonly id?: string;
  /** Absent: the record names the table and no version. */
  readonly version?: number;
  /** All of it, when it is ours. */
  readonly stamped?: StampedTable;
}

/** Parameters that hold versions under names of their own. */
export interface VersionParam {
  /** The parameter with the version. */
  readonly version: string;
  /** The table that it is about. */
  readonly table: string;
}

/** Everything that a run records about Delta tables it was trained on, strongest first. */
export function evidenceOn(
  run: Run,
  stamp: Stamp | undefined,
  versionParams: readonly VersionParam[],
): { readonly evidence: readonly Evidence[]; readonly warnings: readonly Warning[] } {
  const params = paramEvidence(run, versionParams);
  return {
    evidence: [...stampEvidence(run, stamp), ...inputEvidence(run), ...params.evidence],
    warnings: params.warnings,
  };
}

function stampEvidence(run: Run, stamp: Stamp | undefined): readonly Evidence[] {
  return (stamp?.tables ?? []).map((table) => {
    const { alias, ref, location, id, version } = table;
    const tag = run.tags[tableTag(alias)] === undefined ? stampTag : tableTag(alias);
    return {
      kind: 'stamp',
      where: `tag ${tag}`,
      alias,
      ref,
      location,
      id,
      version,
      stamped: table,
    };
  });
}

/** Contexts of data that a model is measured with, not made from. The latest is no test. */
const evaluation = /eval|(?<!la)test|valid/i;

function inputEvidence({ inputs }: Run): readonly Evidence[] {
  return inputs
    .filter(({ context }) => context === undefined || !evaluation.test(context))
    .flatMap((input) => {
      const source = deltaSource(input);
      if (source === undefined) return [];
      return [{ kind: 'dataset-input', where: `dataset input ${input.name}`, ...source } as const];
    });
}

/** Pairs as people write them by hand: `feature_table` with `feature_table_version`, `<alias>_table` with `<alias>_table_version`. */
function paramEvidence({ params }: Run, versionParams: readonly VersionParam[]) {
  const evidence: Evidence[] = [];
  const warnings: Warning[] = [];
  const add = (where: string, ref: string, text: string, alias?: string) => {
    const version = versionIn(text);
    if (version === undefined) {
      warnings.push({
        code: 'VERSION_UNREADABLE',
        message: `${where}: '${text}' is not a version of a table.`,
      });
    }
    evidence.push({
      kind: 'param',
      where,
      ref,
      ...(alias !== undefined && { alias }),
      ...(version !== undefined && { version }),
    });
  };

  for (const [key, ref] of Object.entries(params)) {
    const alias = /^(\w+)_table$/.exec(key)?.[1];
    const text = params[`${key}_version`];
    if (alias === undefined || text === undefined || ref === '') continue;
    add(`param ${key}_version`, ref, text, alias === 'feature' ? undefined : alias);
  }
  for (const { version, table } of versionParams) {
    const text = params[version];
    if (text !== undefined) add(`param ${version}`, table, text);
  }
  const isExplained = versionParams.some(({ version }) => version === unnamedVersion);
  if (params[unnamedVersion] !== undefined && !isExplained) {
    warnings.push({
      code: 'PARAM_WITHOUT_TABLE',
      message: `The run records ${unnamedVersion}=${params[unnamedVersion]}, but nothing says of which table: name it with --table, or in asof.yaml.`,
    });
  }
  return { evidence, warnings };
}

/** The parameter that people use when they have one table only. */
export const unnamedVersion = 'training_data_version';

function versionIn(text: string): number | undefined {
  const digits = /^\s*v?(\d+)\s*$/i.exec(text)?.[1];
  const version = digits === undefined ? undefined : Number(digits);
  return Number.isSafeInteger(version) ? version : undefined;
}

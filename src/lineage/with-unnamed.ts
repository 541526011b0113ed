import type { Evidence, UnnamedVersion } from './evidence.ts';
import type { TableEvidence } from './group-evidence.ts';
import type { Warning } from './result/parts.ts';

/** A version that names no table is that of the table named, where there is one only and nothing else says its version. */
export function withUnnamed(
  groups: readonly TableEvidence[],
  unnamed: readonly UnnamedVersion[],
  warnings: Warning[],
): readonly TableEvidence[] {
  const [only, ...others] = groups;
  const attached: Evidence[] = [];
  const isOpen = others.length === 0 && only?.every((item) => item.version === undefined);
  for (const { kind, where, key, text, version } of unnamed) {
    if (only !== undefined && isOpen && version !== undefined) {
      const why = `${where}, of the one table that is named`;
      attached.push({ kind, where: why, ref: only[0].ref, version });
      continue;
    }
    const message = `The run records ${key}=${text}, but nothing says of which table: name it with --table, or in asof.yaml.`;
    warnings.push({ code: 'PARAM_WITHOUT_TABLE', message });
  }
  if (only === undefined || attached.length === 0) return groups;
  return [[...only, ...attached]];
}

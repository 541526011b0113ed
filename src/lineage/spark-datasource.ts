import type { Evidence } from './evidence.ts';
import type { Warning } from './result/parts.ts';

/** The tag that `mlflow.spark.autolog()` writes. */
export const sparkDatasourceTag = 'sparkDatasourceInfo';

/** Lengths at which MLflow servers of some time cut tags. */
const cuts = new Set([250, 500, 5000, 8000]);

/**
 * Reads `path=…,version=3,format=delta`, one a line, as MLflow 3.17 writes it. Paths may hold commas, so a line is read from its end.
 * A line that was cut is dropped: half a version number is another version.
 */
export function sparkDatasourceEvidence(tags: Readonly<Record<string, string>>): {
  readonly evidence: readonly Evidence[];
  readonly warnings: readonly Warning[];
} {
  const text = tags[sparkDatasourceTag];
  if (text === undefined) return { evidence: [], warnings: [] };
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const isCut = text.endsWith('...') || cuts.has([...text].length);
  const evidence: Evidence[] = [];
  let dropped = 0;
  for (const [index, line] of lines.entries()) {
    const [, path, version, format] =
      /^path=(.*?)(?:,version=([^,]*))?,format=([^,]*)$/.exec(line.trim()) ?? [];
    const isLast = index === lines.length - 1;
    const isWhole =
      path !== undefined && format !== undefined && !(isLast && isCut && format !== 'delta');
    if (!isWhole) {
      dropped += 1;
      continue;
    }
    if (format.toLowerCase() !== 'delta') continue;
    const number = /^\d+$/.test(version ?? '') ? Number(version) : undefined;
    const isKnown = evidence.some((one) => one.ref === path && one.version === number);
    if (isKnown) continue;
    evidence.push({
      kind: 'spark-datasource',
      where: `tag ${sparkDatasourceTag}`,
      ref: path,
      ...(number !== undefined && Number.isSafeInteger(number) && { version: number }),
    });
  }
  const warnings: Warning[] = [];
  if (dropped > 0 || isCut) {
    warnings.push({
      code: 'TAG_TRUNCATED',
      message: `The tag ${sparkDatasourceTag} was cut by MLflow: ${dropped === 0 ? 'tables behind the cut are not known' : `${dropped} line${dropped === 1 ? '' : 's'} of it can't be read, and tables behind the cut are not known`}.`,
    });
  }
  return { evidence, warnings };
}

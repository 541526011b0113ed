import type { Run } from '../registry/run.ts';
import { uniqueAlias } from './alias.ts';
import type { Evidence } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import { trainingInputs } from './input-evidence.ts';
import { judgeLink } from './judge-link.ts';
import type { Readability } from './readability.ts';
import type { Warning } from './result/parts.ts';
import type { Link } from './result/trace.ts';
import type { TableStates } from './table-states.ts';
import { profileOf, recordedColumns } from './wire-profile.ts';

/** A table that a run may have read, though it records none. */
export interface Suspect {
  readonly ref: string;
  /** The user names it; otherwise it is one that the settings know, and only rows that fit make a case. */
  readonly isNamed: boolean;
}

/** No record names the table: whatever speaks for it speaks less loudly. */
const weight = 0.75;
/** Below this a table from the settings is not worth a word. */
const least = 0.5;

/**
 * What a run that records no table may have read: MLflow keeps the columns and the row count of a frame even where it knows nothing of
 * its source, and few versions of few tables fit both.
 */
export async function suspectedLinks(
  run: Run,
  suspects: readonly Suspect[],
  states: TableStates,
  options: CallOptions,
): Promise<{
  readonly links: readonly Link[];
  readonly readabilities: readonly Readability[];
  readonly warnings: readonly Warning[];
}> {
  const seen = trainingInputs(run.inputs).map((input) => ({
    where: `dataset input ${input.name}`,
    rows: profileOf(input.profile).rows,
    columns: recordedColumns(input.schema),
  }));
  const frame = seen.find(({ rows }) => rows !== undefined);
  const links: Link[] = [];
  const readabilities: Readability[] = [];
  const warnings: Warning[] = [];
  for (const { ref, isNamed } of suspects) {
    if (!isNamed && (frame?.columns === undefined || frame.rows === undefined)) continue;
    const item: Evidence = {
      kind: 'inferred',
      where: isNamed ? 'the table that you name' : (frame?.where ?? 'the settings'),
      ref,
      isVersionless: true,
      ...(frame?.rows !== undefined && { rows: frame.rows }),
      ...(frame?.columns !== undefined && { columns: frame.columns }),
    };
    const { link, readability } = await judgeLink(run, [item], { ...options, states });
    const isFitting = link.certainty === 'inferred' && link.confidence >= least;
    if (!isNamed && !isFitting) continue;
    const confidence = Math.round(link.confidence * weight * 100) / 100;
    const why = `no record names the table; ${link.why}`;
    const alias = uniqueAlias(
      link.alias,
      links.map((one) => one.alias),
    );
    links.push({ ...link, alias, confidence, why });
    readabilities.push(readability);
    if (link.certainty === 'inferred') {
      const message = `${ref}: no table is recorded. v${link.version} is inferred, with confidence ${confidence}: ${why}.`;
      warnings.push({ code: 'VERSION_INFERRED', message });
    }
  }
  if (links.filter(({ certainty }) => certainty === 'inferred').length > 1) {
    const message = `Several tables fit what the run recorded: ${links.map(({ table }) => table.ref).join(', ')}. It may have read one of them, or any.`;
    warnings.push({ code: 'TABLES_AMBIGUOUS', message });
  }
  return { links, readabilities, warnings };
}

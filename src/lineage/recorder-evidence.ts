import { isLineageError } from '../base/errors.ts';
import type { ModelVersion } from '../registry/model.ts';
import { formatModelVersion } from '../registry/model-ref.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import { dataTag } from './annotate-model.ts';
import { isMaybeCut } from './cut-values.ts';
import type { Evidence, FoundEvidence, UnnamedVersion, VersionParam } from './evidence.ts';
import { evidenceOn, type Recorder } from './evidence-on.ts';
import type { CallOptions } from './find-table.ts';
import type { EvidenceNames } from './named-evidence.ts';
import { tablesAtVersions } from './named-values.ts';
import type { Warning } from './result/parts.ts';
import type { Stamp } from './stamp.ts';
import { stampOn } from './wire-stamp.ts';

export interface GatherOptions extends CallOptions {
  readonly versionParams?: readonly VersionParam[];
  readonly names?: EvidenceNames | undefined;
  /** Of a run that records no table, files are looked at only where MLflow notes a model. */
  readonly isBrief?: boolean;
}

/** What stands on a run, or of one that is gone in asof's copy of its stamp. */
export function runEvidence(
  run: Run | undefined,
  stamp: Stamp | undefined,
  options: GatherOptions,
): FoundEvidence {
  if (run !== undefined) return ownEvidence(run, stamp, options);
  const nothing = { params: {}, tags: {}, inputs: [] };
  return relabelled(ownEvidence(nothing, stamp, options), "in asof's ledger");
}

/** What stands on the registered version itself, and outlives the run: the note that asof made there, and tags by hand. */
export function versionEvidence(
  { name, version, tags }: ModelVersion,
  options: GatherOptions,
): FoundEvidence {
  const found = ownEvidence({ params: {}, tags, inputs: [] }, undefined, options);
  const note = tags[dataTag] ?? '';
  const noted = (isMaybeCut('tag', note) ? [] : tablesAtVersions(note)).map(
    (table): Evidence => ({ kind: 'tag', where: `tag ${dataTag}`, ...table }),
  );
  const all = { ...found, evidence: [...noted, ...found.evidence] };
  return relabelled(all, `of ${formatModelVersion(name, version)}`);
}

/** What stands on a model as MLflow 3 keeps it, beside its run. */
export async function loggedModelEvidence(
  id: string,
  { models }: { readonly models: Pick<ModelRegistry, 'loggedModel'> },
  options: GatherOptions,
): Promise<FoundEvidence> {
  try {
    const { params = {}, tags = {} } = await models.loggedModel(id, options);
    const recorder = { params, tags, inputs: [] };
    return relabelled(ownEvidence(recorder, undefined, options), `of logged model ${id}`);
  } catch (error) {
    if (!isLineageError(error)) throw error;
    const message = `The logged model ${id} was not looked at: ${error.code}: ${error.message}`;
    return { evidence: [], unnamed: [], warnings: [{ code: 'MODEL_UNCHECKED', message }] };
  }
}

/** What another run says, each record with the name of that run. */
export function otherRun(run: Run, whose: string, options: GatherOptions): FoundEvidence {
  const warnings: Warning[] = [];
  let stamp: Stamp | undefined;
  try {
    stamp = stampOn(run);
  } catch (error) {
    if (!isLineageError(error, 'STAMP_INVALID')) throw error;
    warnings.push({ code: error.code, message: error.message });
  }
  const found = relabelled(ownEvidence(run, stamp, options), whose);
  return {
    evidence: found.evidence.map((item) => ({ ...item, of: run })),
    unnamed: found.unnamed,
    warnings: [...warnings, ...found.warnings],
  };
}

function ownEvidence(
  run: Recorder,
  stamp: Stamp | undefined,
  options: GatherOptions,
): FoundEvidence {
  return evidenceOn(run, stamp, options.versionParams ?? [], options.names);
}

function relabelled(found: FoundEvidence, whose: string): FoundEvidence {
  const label = <T extends { readonly where: string }>(item: T): T => ({
    ...item,
    where: `${item.where} ${whose}`,
  });
  return {
    evidence: found.evidence.map(label),
    unnamed: found.unnamed.map((item): UnnamedVersion => label(item)),
    warnings: found.warnings,
  };
}

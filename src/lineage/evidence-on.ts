import type { Run } from '../registry/run.ts';
import type { Evidence, FoundEvidence, VersionParam } from './evidence.ts';
import { inputEvidence } from './input-evidence.ts';
import { type EvidenceNames, namedEvidence, namedPlaces } from './named-evidence.ts';
import { sparkDatasourceEvidence } from './spark-datasource.ts';
import { type Stamp, stampTag, tableTag } from './stamp.ts';

/** What records stand on. */
export type Recorder = Pick<Run, 'tags' | 'params' | 'inputs'>;

/** Everything that a run records about Delta tables it was trained on, strongest first. */
export function evidenceOn(
  run: Recorder,
  stamp: Stamp | undefined,
  versionParams: readonly VersionParam[],
  names?: EvidenceNames,
): FoundEvidence {
  const params = namedEvidence('param', run.params, versionParams, names);
  const tags = namedEvidence('tag', run.tags, versionParams, names);
  const spark = sparkDatasourceEvidence(run.tags);
  const evidence = [
    ...stampEvidence(run, stamp),
    ...inputEvidence(run.inputs),
    ...params.evidence,
    ...tags.evidence,
    ...spark.evidence,
  ];
  return {
    // A name without a version is better than nothing, and only than that.
    evidence:
      evidence.length > 0
        ? evidence
        : [...namedPlaces('param', run.params), ...namedPlaces('tag', run.tags)],
    warnings: [...params.warnings, ...tags.warnings, ...spark.warnings],
    unnamed: [...params.unnamed, ...tags.unnamed],
  };
}

function stampEvidence(run: Pick<Run, 'tags'>, stamp: Stamp | undefined): readonly Evidence[] {
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

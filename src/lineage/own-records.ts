import type { ModelVersion } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { FoundEvidence } from './evidence.ts';
import type { ModelOwner } from './model-files.ts';
import { loggedModelIdsOf } from './model-makers.ts';
import {
  type GatherOptions,
  loggedModelEvidence,
  runEvidence,
  versionEvidence,
} from './recorder-evidence.ts';
import { notedFolders } from './wire-model-files.ts';

/** A run without a stamp and the models that it made, each as far as it is known. */
export interface Recorders {
  readonly run: Run | undefined;
  readonly loggedModelId: string | undefined;
  readonly version: ModelVersion | undefined;
}

export interface OwnRecords {
  readonly parts: readonly FoundEvidence[];
  /** Whose files may say more, as MLflow notes. */
  readonly owners: readonly ModelOwner[];
  /** The run's own files, where MLflow notes no model among them: to be looked at when nothing else says a version. */
  readonly unnoted?: ModelOwner;
}

/** What stands on a run, its logged models and the registered version. */
export async function ownRecords(
  { run, loggedModelId, version }: Recorders,
  sources: { readonly models: Pick<ModelRegistry, 'loggedModel'> },
  options: GatherOptions,
): Promise<OwnRecords> {
  const parts = [runEvidence(run, undefined, options)];
  if (version !== undefined) parts.push(versionEvidence(version, options));
  const modelIds = loggedModelIdsOf(loggedModelId, run);
  for (const id of modelIds) parts.push(await loggedModelEvidence(id, sources, options));
  const isVersionKnown = parts.some(saysVersion);
  const folders = run && notedFolders(run);
  const ownerOf = (kind: ModelOwner['kind'], id: string, places: readonly string[]) => {
    return { kind, id, folders: places, isVersionKnown };
  };
  return {
    parts,
    owners: [
      ...(run && folders ? [ownerOf('run', run.id, folders)] : []),
      ...modelIds.map((id) => ownerOf('logged-model', id, [''])),
    ],
    ...(run && !folders && { unnoted: ownerOf('run', run.id, []) }),
  };
}

export function saysVersion({ evidence, unnamed }: FoundEvidence): boolean {
  return (
    unnamed.length > 0 ||
    evidence.some(({ version, instant }) => version !== undefined || instant !== undefined)
  );
}

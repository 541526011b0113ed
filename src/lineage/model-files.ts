import { isLineageError } from '../base/errors.ts';
import type { ArtifactEntry, ArtifactOwner, ArtifactReader } from '../registry/artifact-reader.ts';
import type { Evidence, FoundEvidence, UnnamedVersion } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import { namedEvidence } from './named-evidence.ts';
import type { GatherOptions } from './recorder-evidence.ts';
import type { Warning } from './result/parts.ts';
import { modelMetadata, parseFeatureSpec } from './wire-model-files.ts';

/** Folders looked into for one model: a run's artifacts may hold anything. */
const mostFolders = 60;
const largestFile = 4_000_000;

export interface ModelOwner extends ArtifactOwner {
  /** Where the owner's models lie, as far as MLflow notes it: `''` for the root. */
  readonly folders: readonly string[];
  /** Whether something beside the files says a version. */
  readonly isVersionKnown: boolean;
}

/** The files of a model that tell of data, by their paths, nearest to the root first. */
export type ModelFiles = (
  owner: ModelOwner,
  options?: CallOptions,
) => Promise<ReadonlyMap<string, string>>;

/** What the files of a model say: the metadata of its MLmodel, and the feature tables of a Databricks feature store. */
export async function modelFileEvidence(
  owner: ModelOwner,
  files: ModelFiles,
  { versionParams = [], names = { pairs: [], refs: [] }, signal }: GatherOptions,
): Promise<FoundEvidence> {
  const evidence: Evidence[] = [];
  const warnings: Warning[] = [];
  const unnamed: UnnamedVersion[] = [];
  try {
    for (const [path, text] of await files(owner, signal && { signal })) {
      if (path.endsWith('feature_spec.yaml')) {
        for (const table of (await parseFeatureSpec(text)) ?? []) {
          evidence.push({ kind: 'feature-spec', where: path, ...table, isVersionless: true });
        }
        continue;
      }
      const found = namedEvidence(
        'model-metadata',
        await modelMetadata(text),
        versionParams,
        names,
      );
      evidence.push(...found.evidence);
      warnings.push(...found.warnings);
      unnamed.push(...found.unnamed);
    }
  } catch (error) {
    if (!isLineageError(error)) throw error;
    const message = `The files of ${owner.kind === 'run' ? 'run' : 'model'} ${owner.id} were not looked at: ${error.code}: ${error.message}`;
    warnings.push({ code: 'FILES_UNCHECKED', message });
  }
  return { evidence, warnings, unnamed };
}

/**
 * The files as they lie with a model. Where MLflow notes its folder, a version is known and the MLmodel there names no feature store, that
 * is all that is read: listing folders takes several requests a model.
 */
export function searchedFiles(artifacts: ArtifactReader): ModelFiles {
  return async (owner, call) => {
    const known = new Map<string, string>();
    for (const folder of owner.folders) {
      const path = folder === '' ? 'MLmodel' : `${folder}/MLmodel`;
      const text = await textOrNothing(owner, path, artifacts, call);
      if (text !== undefined) known.set(path, text);
    }
    const isAll = known.size > 0 && known.size === owner.folders.length;
    if (isAll && owner.isVersionKnown && ![...known.values()].some(namesFeatureStore)) return known;
    const texts = new Map<string, string>();
    for (const { path } of await listed(owner, artifacts, call)) {
      texts.set(path, known.get(path) ?? (await artifacts.read(owner, path, call)));
    }
    return texts;
  };
}

/** The loaders of Databricks' clients are `databricks.feature_store.…` and `databricks.ml_features.…`, and their data lies in `data/feature_store`. */
function namesFeatureStore(modelFile: string): boolean {
  return /feature_store|ml_features|feature_engineering|feature_spec/.test(modelFile);
}

/** Why a file can't be read, listing its folder will tell. */
async function textOrNothing(
  owner: ArtifactOwner,
  path: string,
  artifacts: ArtifactReader,
  call: CallOptions | undefined,
): Promise<string | undefined> {
  try {
    return await artifacts.read(owner, path, call);
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return;
  }
}

async function listed(
  owner: ArtifactOwner,
  artifacts: ArtifactReader,
  call: CallOptions | undefined,
): Promise<readonly ArtifactEntry[]> {
  const wanted: ArtifactEntry[] = [];
  const folders = [''];
  for (let looked = 0; looked < mostFolders; looked++) {
    const next = folders.shift();
    if (next === undefined) break;
    for (const entry of await artifacts.list(owner, next, call)) {
      if (entry.isFolder) folders.push(entry.path);
      const isWanted = /(^|\/)(MLmodel|feature_spec\.yaml)$/.test(entry.path);
      if (isWanted && !entry.isFolder && (entry.sizeBytes ?? 0) <= largestFile) wanted.push(entry);
    }
  }
  // The wrapped model inside a feature store's has an MLmodel of its own, which says no more.
  return wanted.sort((a, b) => a.path.length - b.path.length);
}

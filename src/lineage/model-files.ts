import { isLineageError } from '../base/errors.ts';
import type { ArtifactEntry, ArtifactOwner, ArtifactReader } from '../registry/artifact-reader.ts';
import type { Evidence, FoundEvidence, UnnamedVersion, VersionParam } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import { type EvidenceNames, namedEvidence } from './named-evidence.ts';
import type { Warning } from './result/parts.ts';
import { parseFeatureSpec, parseModelFile } from './wire-model-files.ts';

/** Folders looked into for one model: a run's artifacts may hold anything. */
const mostFolders = 60;
const largestFile = 4_000_000;

/** What the files of a model say: the metadata of its MLmodel, and the feature tables of a Databricks feature store. */
export async function modelFileEvidence(
  owner: ArtifactOwner,
  artifacts: ArtifactReader,
  options: CallOptions & {
    readonly versionParams: readonly VersionParam[];
    readonly names?: EvidenceNames | undefined;
    /** Only this folder of the owner's artifacts. */
    readonly folder?: string | undefined;
  },
): Promise<FoundEvidence> {
  const evidence: Evidence[] = [];
  const warnings: Warning[] = [];
  const unnamed: UnnamedVersion[] = [];
  const call = options.signal && { signal: options.signal };
  try {
    for (const { path } of await wantedFiles(owner, artifacts, options.folder ?? '', call)) {
      const text = await artifacts.read(owner, path, call);
      if (path.endsWith('feature_spec.yaml')) {
        for (const table of (await parseFeatureSpec(text)) ?? []) {
          evidence.push({ kind: 'feature-spec', where: path, ...table, isVersionless: true });
        }
        continue;
      }
      const { metadata } = (await parseModelFile(text)) ?? { metadata: {} };
      const found = namedEvidence(
        'model-metadata',
        metadata,
        options.versionParams,
        options.names ?? { pairs: [], refs: [] },
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

async function wantedFiles(
  owner: ArtifactOwner,
  artifacts: ArtifactReader,
  folder: string,
  call: CallOptions | undefined,
): Promise<readonly ArtifactEntry[]> {
  const wanted: ArtifactEntry[] = [];
  const folders = [folder];
  // Nearest to the root first.
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

import type { CallOptions } from './run-store.ts';

/** Whose artifacts: MLflow 2 puts a model's files with its run, MLflow 3 with a logged model. */
export interface ArtifactOwner {
  readonly kind: 'run' | 'logged-model';
  readonly id: string;
}

export interface ArtifactEntry {
  /** From the owner's root, with slashes. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes?: number;
}

/** Small files that lie with a run or a model. */
export interface ArtifactReader {
  /** What is in a folder, `''` for the root; nothing where there is no such folder. */
  list(
    owner: ArtifactOwner,
    folder: string,
    options?: CallOptions,
  ): Promise<readonly ArtifactEntry[]>;

  /** A file that `list` named, as text. */
  read(owner: ArtifactOwner, path: string, options?: CallOptions): Promise<string>;
}

import type { ArtifactOwner } from './artifact-reader.ts';
import type { LoggedModel } from './model.ts';
import type { Run } from './run.ts';
import type { DatasetName, FirstRun } from './run-search.ts';

/** What a registry holds beside runs and versions that tells of their data. */
export interface RecordsBeside {
  readonly loggedModels: readonly LoggedModel[];
  readonly files: readonly SeenFiles[];
  readonly firstRuns: readonly FirstRunWith[];
  /** The runs that were started in some. */
  readonly children: readonly { readonly parentId: string; readonly runs: readonly Run[] }[];
}

/** The files of a model that tell of data, or why they could not be looked at. */
export type SeenFiles = { readonly owner: ArtifactOwner } & (
  | { readonly texts: ReadonlyMap<string, string> }
  | { readonly problem: string }
);

/** The first run of an experiment that has a dataset. */
export interface FirstRunWith {
  readonly experimentId: string;
  readonly dataset: DatasetName;
  readonly run: FirstRun;
}

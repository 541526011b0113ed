import { z } from 'zod';
import { int64 } from '../../base/wire.ts';
import type { ArtifactEntry, ArtifactReader } from '../artifact-reader.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { wireList, wireText } from './wire-parts.ts';

const wireFiles = z
  .object({
    files: wireList(
      z.object({ path: z.string(), is_dir: z.boolean().nullish(), file_size: int64.nullish() }),
    ),
    next_page_token: wireText,
  })
  .transform(({ files }) =>
    files.map(
      ({ path, is_dir, file_size }): ArtifactEntry => ({
        path,
        isFolder: is_dir === true,
        ...(typeof file_size === 'number' && { sizeBytes: file_size }),
      }),
    ),
  );

/** Artifacts as the server itself hands them out, wherever it keeps them. */
export function mlflowArtifacts(client: MlflowClient): ArtifactReader {
  return {
    async list({ kind, id }, folder, options) {
      const path = folder === '' ? undefined : folder;
      try {
        return kind === 'run'
          ? await client.get('artifacts/list', { run_id: id, path }, wireFiles, options)
          : await client.get(
              `logged-models/${encodeURIComponent(id)}/artifacts/directories`,
              { artifact_directory_path: path },
              wireFiles,
              options,
            );
      } catch (error) {
        if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE') === undefined) {
          throw error;
        }
        return [];
      }
    },

    read({ kind, id }, path, options) {
      if (kind === 'run') return client.file('get-artifact', { run_id: id, path }, options);
      const route = `ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(id)}/artifacts/files`;
      return client.file(route, { artifact_file_path: path }, options);
    },
  };
}

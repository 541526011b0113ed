import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LineageError } from '../base/errors.ts';
import { int64 } from '../base/wire.ts';

/** How far a streaming query had read a Delta table. */
export interface StreamSource {
  readonly tableId: string;
  readonly version: number;
  /** All of the version was read; otherwise up to some file of it. */
  readonly isWholeVersion: boolean;
}

/** Source: Delta Lake 4.4, `DeltaSourceOffset`; `index` -1, or -100 since 2.4, is the end of the version before. */
const wireOffset = z
  .object({ reservoirId: z.string(), reservoirVersion: int64, index: int64 })
  .transform(({ reservoirId, reservoirVersion, index }): StreamSource | undefined => {
    const isBefore = index < 0;
    const version = isBefore ? reservoirVersion - 1 : reservoirVersion;
    // Nothing of the table was read yet.
    if (version < 0) return;
    return { tableId: reservoirId, version, isWholeVersion: isBefore };
  });
const wireMetadata = z.object({ id: z.string() });

/**
 * Reads the checkpoint folder of a streaming query: `metadata` has the query's id, `offsets/EPOCH` a line a source behind two others.
 *
 * @returns sources by query and epoch; undefined for another query, or an epoch that was cleaned up
 * @throws LineageError FILE_UNREADABLE for a folder that is no checkpoint: it would tell of no source
 */
export async function streamOffsets(folder: string) {
  const path = join(folder, 'metadata');
  const { data } = wireMetadata.safeParse(jsonOf(await textOf(path)));
  if (data === undefined) {
    throw new LineageError('FILE_UNREADABLE', {
      path,
      problem: 'it tells of no streaming query',
    });
  }
  return async (queryId: string, epoch: string): Promise<readonly StreamSource[] | undefined> => {
    if (!/^\d+$/.test(epoch) || data.id !== queryId) return;
    const text = await textOf(join(folder, 'offsets', epoch));
    if (text === undefined) return;
    return text
      .split('\n')
      .slice(2)
      .flatMap((line) => wireOffset.safeParse(jsonOf(line)).data ?? []);
  };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
    throw error;
  }
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return;
    throw error;
  }
}

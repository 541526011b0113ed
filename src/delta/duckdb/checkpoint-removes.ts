import { z } from 'zod';
import { int64 } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { CheckpointRemoves } from '../log/checkpoint-removes.ts';
import { escapeGlob, quoteText } from './quote.ts';
import { openSession } from './session.ts';

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const wireRemove = z
  .object({
    path: z.string(),
    deletionTimestamp: optional(int64),
    deletionVector: optional(
      z
        .object({
          storageType: z.enum(['u', 'p', 'i']),
          pathOrInlineDv: z.string(),
          offset: optional(z.int()),
          sizeInBytes: z.int(),
          cardinality: int64,
        })
        .transform(withoutUndefined),
    ),
  })
  .transform(({ deletionTimestamp, ...remove }) =>
    withoutUndefined({ ...remove, removedAt: deletionTimestamp }),
  );

/** The `remove` actions in the Parquet files of a checkpoint; a V2 checkpoint of Parquet names sidecars, which are read with it. */
export const duckdbCheckpointRemoves: CheckpointRemoves = async (paths, options) => {
  if (paths.length === 0) return [];
  const session = await openSession(options);
  const columnsOf = async (path: string) => {
    const rows = await session.rows(
      `SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet(${quoteText(escapeGlob(path))}))`,
    );
    return rows.map(([name]) => String(name));
  };
  try {
    const removes: z.output<typeof wireRemove>[] = [];
    const pending = [...paths];
    const seen = new Set(pending);
    for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
      const source = `read_parquet(${quoteText(escapeGlob(path))})`;
      const columns = await columnsOf(path);
      if (columns.includes('sidecar')) {
        const found = await session.rows(
          `SELECT sidecar.path FROM ${source} WHERE sidecar IS NOT NULL`,
        );
        for (const [name] of found) {
          const sidecar = `${path.slice(0, path.lastIndexOf('/'))}/_sidecars/${name}`;
          if (name !== null && !seen.has(sidecar)) pending.push(sidecar);
          seen.add(sidecar);
        }
      }
      if (!columns.includes('remove')) continue;
      const found = await session.rows(
        `SELECT to_json(remove)::VARCHAR FROM ${source} WHERE remove IS NOT NULL AND remove.path IS NOT NULL`,
      );
      for (const [json] of found) removes.push(wireRemove.parse(JSON.parse(String(json))));
    }
    return removes;
  } finally {
    await session.close();
  }
};

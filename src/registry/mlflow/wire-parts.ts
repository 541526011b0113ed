import { z } from 'zod';
import { int64 } from '../../base/wire.ts';

/** Servers leave an empty text out, send it, or send null: all are absent here. */
export const wireText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);

/** Epoch milliseconds. */
export const wireTime = int64.nullish().transform((time) => time ?? undefined);

/** A list that servers leave out when it is empty. */
export function wireList<T>(item: z.ZodType<T>) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}

/** Params and tags: a list of pairs on the wire. */
export const wireEntries = wireList(
  z.object({ key: z.string(), value: z.string().nullish() }),
).transform(
  (list): Readonly<Record<string, string>> =>
    Object.fromEntries(list.map(({ key, value }) => [key, value ?? ''])),
);

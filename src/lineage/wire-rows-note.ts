import { z } from 'zod';
import type { StampJournal } from '../registry/stamp-journal.ts';

/** The kind of journal entry that tells what rows amounted to when they were first looked at. */
export const rowsKind = 'rows';

const wireNote = z.object({ tableId: z.string(), version: z.int(), digest: z.string() });
export type RowsNote = z.infer<typeof wireNote>;

/** The row digest that was noted first of a version. */
export async function notedRows(
  journal: Pick<StampJournal, 'entries'>,
  tableId: string,
  version: number,
): Promise<string | undefined> {
  const notes = (await journal.entries([rowsKind])).map(({ body }) =>
    wireNote.parse(JSON.parse(body)),
  );
  return notes.find((note) => note.tableId === tableId && note.version === version)?.digest;
}

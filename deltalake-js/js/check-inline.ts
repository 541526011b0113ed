import type { DeletionVector } from './data-file.ts';
import { DeltaLogError } from './errors.ts';

const alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * The kernel reads more than Z85 in an inline vector: a group of five characters beyond 32 bits it takes for a shorter end, where Spark
 * takes what is left of the number. One of the two gives wrong rows.
 *
 * @throws DeltaLogError DELETION_VECTOR_DAMAGED
 */
export function checkInline({ storageType, pathOrInlineDv }: DeletionVector): void {
  if (storageType !== 'i') return;
  for (let start = 0; start < pathOrInlineDv.length; start += 5) {
    let value = 0;
    for (const character of pathOrInlineDv.slice(start, start + 5).padEnd(5)) {
      const digit = alphabet.indexOf(character);
      value = digit < 0 ? Number.NaN : value * 85 + digit;
    }
    if (value < 2 ** 32) continue;
    const problem = `its characters from ${start + 1} on are no Z85`;
    throw new DeltaLogError('DELETION_VECTOR_DAMAGED', { path: '_delta_log', problem });
  }
}

import { expect, test } from 'vitest';
import { checkInline } from './check-inline.ts';
import { isDeltaLogError } from './errors.ts';

const inline = (pathOrInlineDv: string) => ({
  storageType: 'i' as const,
  pathOrInlineDv,
  sizeInBytes: 34,
  cardinality: 1,
});

test('an inline vector in Z85 is taken', () => {
  checkInline(inline('^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L'));
  checkInline(inline('%nSc0'));
});

test.each([
  ['^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093', 41],
  ['%nSc1', 1],
  ['00000000', 6],
  ['0000 ', 1],
  ['0000é', 1],
])('one that is not is damaged: %s', (text, place) => {
  try {
    checkInline(inline(text));
  } catch (error) {
    if (!isDeltaLogError(error, 'DELETION_VECTOR_DAMAGED')) throw error;
    expect(error.details.problem).toBe(`its characters from ${place} on are no Z85`);
    return;
  }
  expect.unreachable();
});

test('vectors in files have names, not data', () => {
  checkInline({ ...inline('é'), storageType: 'u' });
});

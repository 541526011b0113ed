import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/tables.ts';
import { hashFile } from './hash-file.ts';

test.each([0, 1, 4 * 2 ** 20, 9_000_001])('a file of %i bytes', async (bytes) => {
  const path = join(await temporaryFolder(), 'file');
  const content = Uint8Array.from({ length: bytes }, (_, index) => index % 251);
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await hashFile(path)).toEqual({ sha256, bytes });
});

test('it stops, and says so of a file that is not there', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), 'x');
  await expect(hashFile(join(folder, 'file'), AbortSignal.abort())).rejects.toThrow('aborted');
  await expect(hashFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/tables.ts';
import { localEntries } from './local-entries.ts';

test('a folder may hold more files than a call takes arguments', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, '_delta_log'));
  await mkdir(join(folder, 'p=1'));
  const files = 130_000;
  for (let file = 0; file < files; file++) writeFileSync(join(folder, 'p=1', `${file}`), '');
  const entries = await localEntries(folder);
  expect(entries).toHaveLength(files + 1);
  expect(entries[0]).toMatchObject({ path: 'p=1', isFolder: true });
});

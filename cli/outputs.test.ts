import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test/support/tables.ts';
import { writeNamedFile } from './outputs.ts';

test('a file is made, or replaced, and nothing else is left', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'pins.json');
  for (const text of ['first', 'second']) {
    await writeNamedFile(path, text, '--output');
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['pins.json']);
  }
});

test('through a link the file that it leads to is written', async () => {
  const folder = await temporaryFolder();
  await symlink('real.json', join(folder, 'link.json'));
  await writeNamedFile(join(folder, 'link.json'), 'text', '--output');
  expect(await readFile(join(folder, 'real.json'), 'utf8')).toBe('text');
});

test.each([
  { path: 'nowhere/pins.json', says: 'there is no such folder' },
  { path: 'folder', says: 'EISDIR' },
  { path: 'file/pins.json', says: 'ENOTDIR' },
  { path: 'x'.repeat(300), says: 'ENAMETOOLONG' },
])('where none can be written, that is said ($says)', async ({ path, says }) => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'folder'));
  await writeFile(join(folder, 'file'), '');
  await expect(writeNamedFile(join(folder, path), 'text', '--output')).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    details: { option: '--output', problem: expect.stringContaining(says) },
  });
  expect((await readdir(folder)).sort()).toEqual(['file', 'folder']);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is said to be full', async () => {
  await expect(writeNamedFile('/dev/full', 'text', '--output')).rejects.toMatchObject({
    code: 'DISK_FULL',
  });
});

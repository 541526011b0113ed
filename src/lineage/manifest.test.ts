import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/tables.ts';
import { checkOurs, describeFile, manifestName } from './manifest.ts';
import type { Manifest } from './result/manifest.ts';

const aManifest = (...names: readonly string[]): Manifest => ({
  schemaVersion: 1,
  table: { ref: 't', id: 'x', location: '/t' },
  version: 0,
  committedAt: null,
  operation: null,
  digest: 'snapshot-v1:0',
  of: null,
  read: null,
  format: 'parquet',
  rows: 0,
  bytes: 0,
  files: names.map((name) => ({ name, bytes: 0, sha256: '' })),
  writtenAt: '2026-03-01T00:00:00.000Z',
  asof: '0.1.0',
});

/** A folder of files; what is an object becomes JSON. */
async function aFolder(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(
      join(folder, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return folder;
}

test('a file is described by its size and the hash of its bytes', async () => {
  const folder = await aFolder({ a: 'abc' });
  expect(await describeFile(folder, 'a')).toEqual({
    name: 'a',
    bytes: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
});

test.each([
  { files: {}, why: 'nothing' },
  { files: { [manifestName]: aManifest('a'), a: '' }, why: 'a manifest and what it names' },
  { files: { [manifestName]: aManifest('a', 'b'), a: '' }, why: 'less than it names' },
  {
    files: {
      [`x/${manifestName}`]: aManifest('a'),
      'x/a': '',
      [`y/${manifestName}`]: aManifest('b'),
      'y/b': '',
    },
    why: 'a folder for each of several tables',
  },
])('ours is $why', async ({ files }) => {
  await expect(checkOurs(await aFolder(files))).resolves.toBeUndefined();
});

test.each([
  { files: { notes: '' }, foreign: 'notes', why: 'a file without a manifest' },
  { files: { [manifestName]: aManifest('a'), notes: '' }, foreign: 'notes', why: 'a file more' },
  { files: { [manifestName]: aManifest('a'), '.git': '' }, foreign: '.git', why: 'a hidden file' },
  { files: { [manifestName]: 'x' }, foreign: manifestName, why: 'a manifest that is not JSON' },
  { files: { [manifestName]: {} }, foreign: manifestName, why: 'a manifest that is none of ours' },
  {
    files: { [manifestName]: { ...aManifest(), schemaVersion: 2 } },
    foreign: manifestName,
    why: 'a manifest of a later form',
  },
  {
    files: { [manifestName]: aManifest('x/a'), 'x/a': '' },
    foreign: join('x', 'a'),
    why: 'a file that a manifest above it names',
  },
  {
    files: { [`x/${manifestName}`]: aManifest('a'), 'x/a': '', 'y/a': '' },
    foreign: join('y', 'a'),
    why: 'a folder beside ours',
  },
])('not ours is $why', async ({ files, foreign }) => {
  const folder = await aFolder(files);
  await expect(checkOurs(folder)).rejects.toMatchObject({
    code: 'OUTPUT_NOT_OURS',
    details: { path: folder, foreign },
  });
});

test.skipIf(process.platform === 'win32')('not ours is a link, wherever it leads', async () => {
  const folder = await aFolder({});
  await symlink(await aFolder({}), join(folder, 'link'));
  await expect(checkOurs(folder)).rejects.toMatchObject({
    code: 'OUTPUT_NOT_OURS',
    details: { foreign: 'link' },
  });
});

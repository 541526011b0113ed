import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/tables.ts';
import { gitVersion } from './git.ts';

const run = promisify(execFile);

/** A repository with one commit, and git's settings of whoever runs the tests kept out. */
async function aRepository(): Promise<{
  readonly folder: string;
  readonly git: (...args: readonly string[]) => Promise<string>;
}> {
  const folder = await temporaryFolder();
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const git = async (...args: readonly string[]) =>
    (await run('git', args, { cwd: folder, env })).stdout.trim();
  await git('init', '--quiet');
  await git('config', 'user.name', 'Test');
  await git('config', 'user.email', 'test@example.com');
  await writeFile(join(folder, 'train.py'), 'pass\n');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'Train');
  return { folder, git };
}

test('the commit that is checked out is told, and nothing that is not so', async () => {
  const { folder, git } = await aRepository();
  expect(await gitVersion(folder)).toEqual({ commit: await git('rev-parse', 'HEAD') });
});

test('so it is in a folder further down', async () => {
  const { folder, git } = await aRepository();
  await mkdir(join(folder, 'deep', 'down'), { recursive: true });
  expect(await gitVersion(join(folder, 'deep', 'down'))).toEqual({
    commit: await git('rev-parse', 'HEAD'),
  });
});

test.each([
  { what: 'a changed file', name: 'train.py' },
  { what: 'a file that git does not know', name: 'new.py' },
])('$what makes it dirty', async ({ name }) => {
  const { folder } = await aRepository();
  await writeFile(join(folder, name), 'changed\n');
  expect(await gitVersion(folder)).toMatchObject({ isDirty: true });
});

test('what git is told to ignore does not', async () => {
  const { folder } = await aRepository();
  await writeFile(join(folder, '.git', 'info', 'exclude'), '*.csv\n');
  await writeFile(join(folder, 'rows.csv'), '1\n');
  expect(await gitVersion(folder)).not.toHaveProperty('isDirty');
});

test.each([
  {
    remote: 'https://me:s3cret@github.com/acme/churn.git',
    told: 'https://github.com/acme/churn.git',
    why: 'without the login that it holds',
  },
  {
    remote: 'git@github.com:acme/churn.git',
    told: 'git@github.com:acme/churn.git',
    why: 'as it is where it holds none',
  },
])('the remote is told $why', async ({ remote, told }) => {
  const { folder, git } = await aRepository();
  await git('remote', 'add', 'origin', remote);
  expect(await gitVersion(folder)).toMatchObject({ remote: told });
});

test('outside a repository there is nothing to tell', async () => {
  expect(await gitVersion(await temporaryFolder())).toBeUndefined();
});

test('nor where nothing is committed yet', async () => {
  const folder = await temporaryFolder();
  await run('git', ['init', '--quiet'], { cwd: folder });
  expect(await gitVersion(folder)).toBeUndefined();
});

test('nor where there is no such folder', async () => {
  expect(await gitVersion(join(await temporaryFolder(), 'nowhere'))).toBeUndefined();
});

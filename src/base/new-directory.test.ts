import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/tables.ts';
import { LineageError } from './errors.ts';
import { newDirectory } from './new-directory.ts';

async function aTarget(): Promise<string> {
  return join(await temporaryFolder(), 'out');
}

/** All that lies in the folder around a target, hidden names too. */
const around = async (target: string) => (await readdir(dirname(target))).sort();

const aFileWith = (text: string) => async (folder: string) => {
  await writeFile(join(folder, 'rows'), text);
};
const rowsIn = (target: string) => readFile(join(target, 'rows'), 'utf8');

const anyReplacing = async () => {};

test('the folder is there when all of it is, and what filled it is given back', async () => {
  const target = await aTarget();
  const result = await newDirectory(target, {
    fill: async (folder) => {
      await aFileWith('new')(folder);
      expect(existsSync(target)).toBe(false);
      expect(dirname(folder)).toBe(dirname(target));
      return 47;
    },
  });
  expect(result).toBe(47);
  expect(await rowsIn(target)).toBe('new');
  expect(await around(target)).toEqual(['out']);
});

test('folders above it are made', async () => {
  const target = join(await temporaryFolder(), 'a', 'b', 'out');
  await newDirectory(target, { fill: aFileWith('new') });
  expect(await rowsIn(target)).toBe('new');
});

test('a failure goes on as it is, and nothing stays', async () => {
  const target = await aTarget();
  const failure = new Error('half-way');
  const fill = async (folder: string) => {
    await mkdir(join(folder, 'part'));
    await aFileWith('half')(join(folder, 'part'));
    throw failure;
  };
  await expect(newDirectory(target, { fill })).rejects.toBe(failure);
  expect(await around(target)).toEqual([]);
});

test('after a failure of the folders above it those stay that hold something', async () => {
  const folder = await temporaryFolder();
  const target = join(folder, 'a', 'b', 'c', 'out');
  const fill = async () => {
    throw new Error('half-way');
  };
  await expect(newDirectory(target, { fill })).rejects.toThrow('half-way');
  expect(await readdir(folder)).toEqual([]);
  const alongside = async () => {
    await writeFile(join(folder, 'a', 'another'), '');
    return fill();
  };
  await expect(newDirectory(target, { fill: alongside })).rejects.toThrow('half-way');
  expect(await readdir(join(folder, 'a'))).toEqual(['another']);
  await expect(newDirectory(join(folder, 'a', 'out'), { fill })).rejects.toThrow('half-way');
  expect(await readdir(join(folder, 'a'))).toEqual(['another']);
});

test('an empty folder is filled', async () => {
  const target = await aTarget();
  await mkdir(target);
  await newDirectory(target, { fill: aFileWith('new') });
  expect(await rowsIn(target)).toBe('new');
});

test.each([
  { replaced: false, allowReplacing: undefined },
  { replaced: true, allowReplacing: anyReplacing },
])('a link to a folder stands for that folder (replaced: $replaced)', async (given) => {
  const target = await aTarget();
  const link = join(dirname(target), 'link');
  await mkdir(target);
  if (given.replaced) await aFileWith('old')(target);
  await symlink(target, link);
  await newDirectory(link, { fill: aFileWith('new'), allowReplacing: given.allowReplacing });
  expect(await rowsIn(target)).toBe('new');
  expect(await rowsIn(link)).toBe('new');
  expect(await around(target)).toEqual(['link', 'out']);
});

describe('where no folder can be made, nothing is begun', () => {
  const refused = async (target: string, problem: string) => {
    const fill = () => expect.unreachable('it was filled');
    await expect(newDirectory(target, { fill })).rejects.toMatchObject({
      code: 'OUTPUT_UNUSABLE',
      details: { path: target, problem },
    });
  };

  test('at a link that leads nowhere', async () => {
    const target = await aTarget();
    await symlink('nowhere', target);
    await refused(target, 'the link leads nowhere');
    expect(await around(target)).toEqual(['out']);
  });

  test('at links in a circle', async () => {
    const target = await aTarget();
    await symlink('out', target);
    await refused(target, 'its links lead in a circle');
  });

  test('below a file', async () => {
    const target = join(await aTarget(), 'out');
    await writeFile(dirname(target), '');
    await refused(target, 'a folder of its path is a file');
  });

  test.each([240, 300])('under a name that leaves no room beside it (%i)', async (length) => {
    const target = join(await temporaryFolder(), 'x'.repeat(length));
    await refused(target, 'its name is too long');
    expect(await around(target)).toEqual([]);
  });

  test('in the current folder', async () => {
    await refused(process.cwd(), 'it is the current folder, or one around it; one in it will do');
  });

  test.skipIf(!existsSync('/proc/self'))('at a mount point', async () => {
    await refused('/proc', 'it is a mount point; one in it will do');
  });
});

test('after a failure the empty folder is there still', async () => {
  const target = await aTarget();
  await mkdir(target);
  const fill = () => Promise.reject(new Error('half-way'));
  await expect(newDirectory(target, { fill })).rejects.toThrow('half-way');
  expect(await around(target)).toEqual(['out']);
});

test('a folder that holds something is refused before anything is done', async () => {
  const target = await aTarget();
  await mkdir(target);
  await aFileWith('old')(target);
  const fill = () => expect.unreachable('it was filled');
  await expect(newDirectory(target, { fill })).rejects.toMatchObject({
    code: 'OUTPUT_NOT_EMPTY',
    details: { path: target },
  });
  expect(await rowsIn(target)).toBe('old');
});

test('a file stays where it is, and nobody is told of a way to replace it', async () => {
  const target = await aTarget();
  await writeFile(target, 'a file');
  await expect(newDirectory(target, { fill: aFileWith('new') })).rejects.toMatchObject({
    code: 'OUTPUT_UNUSABLE',
    details: { path: target, problem: 'it is a file' },
  });
  expect(await readFile(target, 'utf8')).toBe('a file');
});

test('with permission it is replaced, and of the old one nothing stays', async () => {
  const target = await aTarget();
  await mkdir(target);
  await writeFile(join(target, 'other'), 'old');
  await newDirectory(target, { fill: aFileWith('new'), allowReplacing: anyReplacing });
  expect(await readdir(target)).toEqual(['rows']);
  expect(await around(target)).toEqual(['out']);
});

test('the old one stays until the new one is whole', async () => {
  const target = await aTarget();
  await mkdir(target);
  await aFileWith('old')(target);
  const fill = async () => {
    expect(await rowsIn(target)).toBe('old');
    throw new Error('half-way');
  };
  await expect(newDirectory(target, { fill, allowReplacing: anyReplacing })).rejects.toThrow(
    'half-way',
  );
  expect(await rowsIn(target)).toBe('old');
  expect(await around(target)).toEqual(['out']);
});

test('what must not be replaced is not: the refusal is thrown and nothing filled', async () => {
  const target = await aTarget();
  await mkdir(target);
  await aFileWith('old')(target);
  const refusal = new LineageError('OUTPUT_NOT_OURS', { path: target, foreign: 'rows' });
  const options = {
    fill: () => expect.unreachable('it was filled'),
    allowReplacing: () => Promise.reject(refusal),
  };
  await expect(newDirectory(target, options)).rejects.toBe(refusal);
  expect(await rowsIn(target)).toBe('old');
});

test('what came into the folder while the new one was made is not lost', async () => {
  const target = await aTarget();
  await mkdir(target);
  await aFileWith('old')(target);
  const allowReplacing = async (folder: string) => {
    if (existsSync(join(folder, 'notes.txt'))) {
      throw new LineageError('OUTPUT_NOT_OURS', { path: folder, foreign: 'notes.txt' });
    }
  };
  const fill = async (folder: string) => {
    await aFileWith('new')(folder);
    await writeFile(join(target, 'notes.txt'), 'mine');
  };
  await expect(newDirectory(target, { fill, allowReplacing })).rejects.toMatchObject({
    code: 'OUTPUT_NOT_OURS',
    details: { foreign: 'notes.txt' },
  });
  expect(await readFile(join(target, 'notes.txt'), 'utf8')).toBe('mine');
  expect(await rowsIn(target)).toBe('old');
  expect(await around(target)).toEqual(['out']);
});

test('leftovers of a process that is no more are removed, those of a living one stay', async () => {
  const target = await aTarget();
  const { pid: dead } = spawnSync(process.execPath, ['-e', '0']);
  const names = {
    dead: `.out.asof-${dead}-00c0ffee`,
    alive: `.out.asof-${process.pid}-00c0ffee`,
    ofOther: `.other.asof-${dead}-00c0ffee`,
    unlike: '.out.asof-notes',
  };
  for (const name of Object.values(names)) {
    await mkdir(join(dirname(target), name));
    await aFileWith('half')(join(dirname(target), name));
  }
  await newDirectory(target, { fill: aFileWith('new') });
  expect(await around(target)).toEqual([names.alive, names.ofOther, names.unlike, 'out'].sort());
});

test('of two at once into the same folder exactly one wins, and its folder is whole', async () => {
  const target = await aTarget();
  // Both have filled theirs before either moves it in.
  let waiting = 0;
  let release = () => {};
  const bothAreThere = new Promise<void>((resolve) => {
    release = resolve;
  });
  const one = (text: string) =>
    newDirectory(target, {
      fill: async (folder) => {
        await writeFile(join(folder, 'a'), text);
        await writeFile(join(folder, 'b'), text);
        waiting += 1;
        if (waiting === 2) release();
        await bothAreThere;
        return text;
      },
    });
  const results = await Promise.allSettled([one('first'), one('second')]);
  const winners = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const losers = results.flatMap((result) => (result.status === 'rejected' ? result.reason : []));
  expect(winners).toHaveLength(1);
  expect(losers).toMatchObject([{ code: 'OUTPUT_NOT_EMPTY', details: { path: target } }]);
  expect(await readFile(join(target, 'a'), 'utf8')).toBe(winners[0]);
  expect(await readFile(join(target, 'b'), 'utf8')).toBe(winners[0]);
  expect(await around(target)).toEqual(['out']);
});

test('when two replace it at once, one of the two new ones is there in the end, whole', async () => {
  const target = await aTarget();
  await newDirectory(target, { fill: aFileWith('old') });
  const replace = (text: string) =>
    newDirectory(target, {
      fill: async (folder) => {
        await aFileWith(text)(folder);
        return text;
      },
      allowReplacing: anyReplacing,
    });
  for (let round = 0; round < 20; round++) {
    const results = await Promise.allSettled([replace('first'), replace('second')]);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      expect(result.reason).toMatchObject({ code: 'OUTPUT_NOT_EMPTY' });
    }
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(['first', 'second']).toContain(await rowsIn(target));
    expect(await around(target)).toEqual(['out']);
  }
});

test('a folder that vanishes while it is being replaced is made anew', async () => {
  const target = await aTarget();
  await newDirectory(target, { fill: aFileWith('old') });
  const fill = async (folder: string) => {
    await aFileWith('new')(folder);
    await rm(target, { recursive: true });
  };
  await newDirectory(target, { fill, allowReplacing: anyReplacing });
  expect(await rowsIn(target)).toBe('new');
});

test.each([
  { code: 'ENOSPC', becomes: 'DISK_FULL' },
  { code: 'EDQUOT', becomes: 'DISK_FULL' },
  { code: 'EACCES', becomes: 'ACCESS_DENIED' },
  { code: 'EROFS', becomes: 'ACCESS_DENIED' },
])('$code of the system is $becomes, and nothing stays', async ({ code, becomes }) => {
  const target = await aTarget();
  const failure = Object.assign(new Error(code), { code });
  await expect(newDirectory(target, { fill: () => Promise.reject(failure) })).rejects.toMatchObject(
    { code: becomes, details: { path: target }, cause: failure },
  );
  expect(await around(target)).toEqual([]);
});

test('a path that ends in a slash is the folder before it', async () => {
  const target = await aTarget();
  await newDirectory(`${target}/`, { fill: aFileWith('new') });
  expect(await around(target)).toEqual([basename(target)]);
});

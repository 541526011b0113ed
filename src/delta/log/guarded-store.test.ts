import { describe, expect, test } from 'vitest';
import { guardedStore } from './guarded-store.ts';
import { localTableStore } from './local-table-store.ts';
import type { TableStore } from './table-store.ts';

const root = '/tables/t';

/** A store that reads anything, and tells what was read. */
function aStore(): TableStore & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    ...localTableStore(root),
    reads,
    async read(path) {
      reads.push(path);
      return new Uint8Array();
    },
  };
}

function aGuard({ isClone = false } = {}) {
  let asked = 0;
  const store = aStore();
  const guard = guardedStore(store, 't', async () => {
    asked += 1;
    return isClone;
  });
  return { guard, store, asked: () => asked };
}

describe('inside the table', () => {
  test.each([
    { path: 'part-0.parquet', location: '/tables/t/part-0.parquet', why: 'a plain name' },
    { path: 'day=1/part-0.parquet', location: '/tables/t/day=1/part-0.parquet', why: 'a folder' },
    { path: 'a%20b/c%25d.parquet', location: '/tables/t/a b/c%d.parquet', why: 'URL-encoded' },
    { path: 'p=%252F/x', location: '/tables/t/p=%2F/x', why: 'decoded once and not twice' },
    { path: 'p=%E4%B8%AD/x', location: '/tables/t/p=中/x', why: 'encoded letters' },
    { path: 'p=100%/x', location: '/tables/t/p=100%/x', why: 'what can not be decoded' },
    { path: 'p=a+b/x', location: '/tables/t/p=a+b/x', why: 'a plus is a plus' },
    { path: 'a/../b', location: '/tables/t/b', why: 'up and down again' },
    { path: './b', location: '/tables/t/b', why: 'a dot' },
    { path: '..a/b', location: '/tables/t/..a/b', why: 'a name that begins with dots' },
    { path: 'a#b?c', location: '/tables/t/a#b?c', why: 'signs that mean something in a URL' },
    { path: '/tables/t/b', location: '/tables/t/b', why: 'an absolute path' },
    { path: 'file:///tables/t/a%20b', location: '/tables/t/a b', why: 'a URL' },
    { path: 'file:/tables/t/b', location: '/tables/t/b', why: 'a URL with one slash' },
  ])('a file is located: $why', async ({ path, location }) => {
    const { guard, asked } = aGuard();
    expect(await guard.locate(path)).toBe(location);
    expect(asked()).toBe(0);
  });
});

describe('outside the table', () => {
  const absolute = [
    { path: '/etc/passwd', location: '/etc/passwd', why: 'an absolute path' },
    { path: '%2Fetc%2Fpasswd', location: '/etc/passwd', why: 'one that is encoded' },
    { path: 'file:///etc/passwd', location: '/etc/passwd', why: 'a URL' },
    { path: 'file:/etc/passwd', location: '/etc/passwd', why: 'a URL with one slash' },
    { path: 'FILE:///etc/passwd', location: '/etc/passwd', why: 'a URL in capitals' },
    { path: 'file:///tables/t/../u/x', location: '/tables/u/x', why: 'a URL that leaves it' },
    { path: '/tables/t2/x', location: '/tables/t2/x', why: 'a folder whose name begins so' },
  ];
  const relative = [
    { path: '../u/x', why: 'up' },
    { path: 'a/../../u/x', why: 'down and up' },
    { path: '%2E%2E/u/x', why: 'up, encoded' },
    { path: '..%2Fu', why: 'up, with the slash encoded' },
    { path: '..', why: 'the folder above' },
    { path: '.', why: 'the table itself' },
    { path: '', why: 'no path at all' },
  ];

  test.each([...absolute, ...relative])('nothing is followed: $why', async ({ path }) => {
    const { guard } = aGuard();
    await expect(guard.locate(path)).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_TABLE',
      details: { table: 't', path },
    });
  });

  test.each(absolute)('a shallow clone may point to a file: $why', async ({ path, location }) => {
    const { guard } = aGuard({ isClone: true });
    expect(await guard.locate(path)).toBe(location);
  });

  test.each(relative)(
    'also in a shallow clone nothing relative is followed: $why',
    async ({ path }) => {
      const { guard } = aGuard({ isClone: true });
      await expect(guard.locate(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_TABLE' });
    },
  );

  test.each([
    { path: 's3://bucket/x', why: 'an object store' },
    { path: 'https://example.com/x', why: 'a web address' },
    { path: 'file://host/share/x', why: 'a file of another machine' },
    { path: 'file:///a%2Fb', why: 'a URL with an encoded slash' },
    { path: 'file:///a%00b', why: 'a URL with a NUL' },
    { path: 'file:///%E4', why: 'a URL that can not be decoded' },
  ])('a path that this table can not have makes the log damaged: $why', async ({ path }) => {
    for (const isClone of [false, true]) {
      const { guard } = aGuard({ isClone });
      await expect(guard.locate(path)).rejects.toMatchObject({
        code: 'LOG_DAMAGED',
        details: { table: 't', problem: expect.stringContaining(path) },
      });
    }
  });
});

test('no file has a NUL in its name', async () => {
  const { guard } = aGuard();
  await expect(guard.locate('a%00b')).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
});

describe('what the log engine reads itself', () => {
  test.each([
    '_delta_log/00000000000000000000.json',
    'deletion_vector_1.bin',
    'a b%20c/d',
    '/tables/t/_delta_log/_sidecars/1.parquet',
    'file:///tables/t/deletion_vector_1.bin',
  ])('may be %s', async (path) => {
    const { guard, store } = aGuard();
    await guard.store.read(path);
    expect(store.reads).toEqual([path]);
  });

  test.each(['../secret.bin', '_delta_log/../../secret.bin', '/etc/passwd', 'file:///etc/passwd'])(
    'is refused at %s before anything is opened',
    async (path) => {
      const { guard, store } = aGuard();
      await expect(guard.store.read(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_TABLE' });
      expect(store.reads).toEqual([]);
    },
  );

  test('is followed in a shallow clone', async () => {
    const { guard, store } = aGuard({ isClone: true });
    await guard.store.read('file:///tables/source/deletion_vector_1.bin');
    expect(store.reads).toHaveLength(1);
  });
});

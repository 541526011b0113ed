import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { localStore } from './node.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deltalake-js-'));
  writeFileSync(join(folder, 'small'), 'abcdef');
  writeFileSync(join(folder, 'with space'), 'x');
  writeFileSync(join(folder, 'large'), Buffer.alloc(3 << 20, 'abc'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('files are read whole or in part, and no further than they go', async () => {
  const store = localStore(folder);
  expect(text(await store.read('small'))).toBe('abcdef');
  expect(text(await store.read('small', { start: 1, end: 3 }))).toBe('bc');
  expect(text(await store.read('small', { start: 4, end: 90 }))).toBe('ef');
  expect(text(await store.read('small', { start: 50, end: 90 }))).toBe('');
  expect(text(await store.read('with space'))).toBe('x');
});

test('large files are read whole', async () => {
  const bytes = await localStore(folder).read('large');
  expect(bytes.length).toBe(3 << 20);
  expect(text(bytes.subarray(-3))).toBe(text(Buffer.alloc(3 << 20, 'abc').subarray(-3)));
});

test('a folder is listed from a name on', async () => {
  const names = async (startAfter?: string) => {
    const entries = await localStore(folder).list('', startAfter ? { startAfter } : {});
    return entries.map(({ name }) => name).toSorted();
  };
  expect(await names()).toEqual(['large', 'small', 'with space']);
  expect(await names('large')).toEqual(['small', 'with space']);
});

test('a file that is not there is ENOENT, or has no state', async () => {
  const store = localStore(folder);
  await expect(store.read('nowhere')).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await store.stat('nowhere')).toBeUndefined();
  expect(await store.list('nowhere')).toEqual([]);
});

test('a root can be a URL, and a path can be one too', async () => {
  const store = localStore(pathToFileURL(folder));
  expect(text(await store.read('small'))).toBe('abcdef');
  const absolute = pathToFileURL(join(folder, 'with space')).href;
  expect(text(await localStore('elsewhere').read(absolute))).toBe('x');
});

test('a file of another store is not there', async () => {
  await expect(localStore(folder).read('s3://bucket/key')).rejects.toMatchObject({
    code: 'ENOENT',
    message: expect.stringContaining('s3://bucket/key'),
  });
});

test('size and time are told', async () => {
  const state = await localStore(folder).stat('small');
  expect(state?.sizeBytes).toBe(6);
  expect(Number.isInteger(state?.modifiedAt)).toBe(true);
});

test('an aborted signal stops a read', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(localStore(folder).read('small', { signal })).rejects.toThrow('enough');
});

test('many small reads let others run in between', async () => {
  const store = localStore(folder);
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  });
  const deadline = Date.now() + 100;
  while (Date.now() < deadline) await store.read('small');
  clearInterval(ticking);
  expect(turns).toBeGreaterThan(2);
});

test('sizes and times are told alike where files take long to tell of', async () => {
  const near = localStore(folder);
  const expected = [
    await near.stat('small'),
    await near.stat('not there'),
    await near.stat('large'),
  ];
  let clock = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 50));
  try {
    const far = localStore(folder);
    for (let asked = 0; asked < 5; asked++) await far.stat('small');
    const calls = now.mock.calls.length;
    expect([await far.stat('small'), await far.stat('not there'), await far.stat('large')]).toEqual(
      expected,
    );
    // Nothing is timed any more.
    expect(now.mock.calls.length).toBe(calls);
  } finally {
    now.mockRestore();
  }
});

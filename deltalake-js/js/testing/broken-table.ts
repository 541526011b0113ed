import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localStore } from '../node.ts';
import type { Store } from '../store.ts';
import { fixture } from './fixtures.ts';

/** A copy of a fixture's table that may be broken. Paths are relative to its root. */
export interface BrokenTable {
  readonly store: Store;
  find(pattern: RegExp): string;
  /** At least one. */
  findAll(pattern: RegExp): readonly string[];
  remove(path: string): void;
  write(path: string, content: string | Uint8Array): void;
  /** Changes the bytes of a file; what is given back is what it holds then. */
  edit(path: string, change: (bytes: Uint8Array) => Uint8Array): void;
  [Symbol.dispose](): void;
}

export function brokenTable(name: string): BrokenTable {
  const root = mkdtempSync(join(tmpdir(), 'deltalake-js-'));
  cpSync(fixture(name).table, root, { recursive: true });
  const findAll = (pattern: RegExp) => {
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const found = paths
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => pattern.test(path));
    if (found.length === 0) throw new Error(`${name} has no file like ${pattern}.`);
    return found;
  };
  return {
    store: localStore(root),
    find: (pattern) => findAll(pattern)[0] as string,
    findAll,
    remove: (path) => rmSync(join(root, path)),
    write: (path, content) => writeFileSync(join(root, path), content),
    edit(path, change) {
      writeFileSync(join(root, path), change(readFileSync(join(root, path))));
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

import type { TableStore } from '../../src/delta/log/table-store.ts';

/** A table with some of its files changed, added or gone, without touching the disk. */
export interface Overlay {
  readonly store: TableStore;
  /** By path in the table. Undefined: the file is gone. */
  readonly files: Map<string, Uint8Array | undefined>;
}

export function overlay(under: TableStore): Overlay {
  const files = new Map<string, Uint8Array | undefined>();
  const gone = (path: string) => Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
  const store: TableStore = {
    ...under,
    async list(folder, options = {}) {
      const entries = new Map(
        (await under.list(folder, options)).map((entry) => [entry.name, entry]),
      );
      for (const [path, bytes] of files) {
        if (!path.startsWith(`${folder}/`)) continue;
        const name = path.slice(folder.length + 1);
        if (bytes === undefined) entries.delete(name);
        else if (!name.includes('/') && name > (options.startAfter ?? ''))
          entries.set(name, { name });
      }
      return [...entries.values()];
    },
    async read(path, options = {}) {
      if (!files.has(path)) return await under.read(path, options);
      const bytes = files.get(path);
      if (bytes === undefined) throw gone(path);
      return bytes.slice(options.start ?? 0, options.end);
    },
    async stat(path, options) {
      if (!files.has(path)) return await under.stat(path, options);
      const bytes = files.get(path);
      return bytes && { sizeBytes: bytes.length, modifiedAt: 0 };
    },
  };
  return { store, files };
}

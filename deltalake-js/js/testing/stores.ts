import type { Store } from '../store.ts';

/** A store of texts, with the same promises as a real one. */
export function memoryStore(files: Readonly<Record<string, string | Uint8Array>>): Store {
  const bytesOf = (path: string) => {
    const file = files[path];
    return typeof file === 'string' ? new TextEncoder().encode(file) : file;
  };
  return {
    list: async (folder, { startAfter = '' } = {}) =>
      Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => ({ name: path.slice(folder.length + 1) }))
        .filter(({ name }) => !name.includes('/') && name > startAfter),
    read: async (path, { start, end } = {}) => {
      const bytes = bytesOf(path);
      if (bytes) return bytes.slice(start, end);
      throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    },
    stat: async (path) => {
      const bytes = bytesOf(path);
      return bytes && { sizeBytes: bytes.length, modifiedAt: 0 };
    },
  };
}

export interface Reads {
  readonly lists: { folder: string; startAfter: string | undefined }[];
  readonly paths: string[];
  mostAtOnce: number;
}

/** Tells what was asked of a store. */
export function counting(store: Store): Store & { readonly reads: Reads } {
  const reads: Reads = { lists: [], paths: [], mostAtOnce: 0 };
  let running = 0;
  return {
    ...store,
    reads,
    list(folder, options) {
      reads.lists.push({ folder, startAfter: options?.startAfter });
      return store.list(folder, options);
    },
    async read(path, options) {
      reads.paths.push(path);
      running += 1;
      reads.mostAtOnce = Math.max(reads.mostAtOnce, running);
      // Lets the others start, as a network would.
      await new Promise((resolve) => setTimeout(resolve));
      running -= 1;
      return store.read(path, options);
    },
  };
}

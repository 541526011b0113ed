import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A Delta table in whose folder something is to be made, and where in it. A VACUUM would delete that, unless its name is hidden. */
export interface TableAround {
  readonly table: string;
  /** Relative to the table. */
  readonly inside: string;
}

/** Links on the way are followed, as far as it is there. */
export function tableAround(path: string): TableAround | undefined {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const end = join(realpathSync(folder), relative(folder, path));
  for (let at = dirname(end); ; at = dirname(at)) {
    if (existsSync(join(at, '_delta_log'))) return { table: at, inside: relative(at, end) };
    if (at === dirname(at)) return;
  }
}

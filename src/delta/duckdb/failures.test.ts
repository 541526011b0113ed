import { expect, test } from 'vitest';
import { translated } from './failures.ts';

// The messages are DuckDB's.
test.each([
  {
    says: 'IO Error: Could not write file "/out/part-00000.parquet": No space left on device',
    path: '/out',
  },
  {
    says: `Out of Memory Error: failed to offload data block of size 96.0 KiB (0 bytes/0 bytes used).
This limit was set by the 'max_temp_directory_size' setting.`,
    path: '/spill',
  },
  {
    says: 'IO Error: Could not write file "/spill/asof-spill-x1/duckdb_temp_storage_DEFAULT-0.tmp": No space left on device',
    path: '/spill',
  },
])('the folder whose disk is full is named ($path)', ({ says, path }) => {
  const options = { directory: '/out', tempDirectory: '/spill' };
  expect(translated(new Error(says), 't', options)).toMatchObject({
    code: 'DISK_FULL',
    details: { path },
  });
});

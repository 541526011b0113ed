import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localTableStore } from '../../src/delta/log/local-table-store.ts';
import { logSnapshots } from '../../src/delta/log/log-snapshots.ts';
import { summarize } from '../../src/delta/snapshot-summary.ts';
import { copyTable, temporaryFolder } from '../support/tables.ts';

const summaryOf = async (folder: string) =>
  summarize(await logSnapshots(localTableStore(folder), 't').at(0));

test('a checkpoint that unpacks to gigabytes is refused within its limit, and harms no other table', async () => {
  const folder = await temporaryFolder();
  const log = join(folder, '_delta_log');
  await mkdir(log);
  await copyFile(
    'test/fuzz/bomb.checkpoint.parquet',
    join(log, '00000000000000000000.checkpoint.parquet'),
  );
  await writeFile(join(log, '00000000000000000000.json'), '');
  await expect(summaryOf(folder)).rejects.toMatchObject({
    code: 'LOG_DAMAGED',
    message: expect.stringContaining('more memory is needed than 2 GiB'),
  });
  const other = await summaryOf(await copyTable('customer_features'));
  expect(other.digest).toMatch(/^snapshot-v1:/);
});

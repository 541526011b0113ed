import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitPath, copyTable, temporaryFolder } from '../../test/support/tables.ts';
import { connectTables } from '../connect-tables.ts';
import { parseTableName } from '../delta/table-ref.ts';
import { openLedger } from '../registry/ledger/ledger.ts';
import { impact } from './impact.ts';
import { pinTables } from './pin.ts';
import { stampOf } from './stamp.ts';
import { stampRun } from './stamp-run.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

test('a model is found that was trained on the table before it was replaced in place', async () => {
  const folder = await temporaryFolder();
  const location = await copyTable('customer_features', join(folder, 'features'));
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const opened = () => {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    return { tables, table: tables.open(parseTableName(location)) };
  };
  const { table } = opened();
  const run = await ledger.runs.start({});
  const pins = await pinTables([{ alias: 'f', table, moment: { kind: 'version', version: 2 } }]);
  await stampRun(ledger, run.id, stampOf(pins, { at: now, asof: '0' }));
  await ledger.models.register({ name: 'm', runId: run.id });
  const hit = async () => {
    const { tables, table: asked } = opened();
    const request = { table: asked, commits: { from: 2, to: 2 }, protectedStages: [] };
    const { models } = await impact(request, { ...ledger, tables }, { now });
    return models.map(({ name, tableVersion, effect }) => ({ name, tableVersion, effect }));
  };
  const found = [{ name: 'm', tableVersion: 2, effect: 'holds' }];
  expect(await hit()).toEqual(found);

  const created = (await readFile(commitPath(location, 0), 'utf8')).split('\n');
  const [metadata = ''] = created.filter((line) => line.startsWith('{"metaData"'));
  const replaced = { metaData: { ...JSON.parse(metadata).metaData, id: 'another' } };
  const latest = commitPath(location, 7);
  await writeFile(latest, `${await readFile(latest, 'utf8')}${JSON.stringify(replaced)}\n`);
  expect(await hit()).toEqual(found);
});

test.skipIf(process.platform === 'win32')('a record by hand is found through a link', async () => {
  const folder = await temporaryFolder();
  const location = await copyTable('customer_features', join(folder, 'features'));
  const link = join(folder, 'link');
  await symlink(location, link);
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const { id } = await ledger.runs.start({});
  const params = { feature_table: link, feature_table_version: '2' };
  await ledger.runs.record(id, { params });
  await ledger.models.register({ name: 'm', runId: id });
  const tables = connectTables({ tables: {} }, { cwd: folder });
  const table = tables.open(parseTableName(location));
  const request = { table, commits: { from: 2, to: 2 }, protectedStages: [] };
  const { models } = await impact(request, { ...ledger, tables }, { now });
  expect(models).toMatchObject([{ name: 'm', tableVersion: 2, effect: 'holds' }]);
});

test('what commits did is not told where only their files can be listed', async () => {
  const folder = await temporaryFolder();
  const location = await copyTable('customer_features', join(folder, 'features'));
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const tables = connectTables({ tables: {} }, { cwd: folder });
  const { timelines, ...table } = tables.open(parseTableName(location));
  const request = { table, commits: { from: 2, to: 2 }, protectedStages: [] };
  await expect(impact(request, { ...ledger, tables }, { now })).rejects.toMatchObject({
    code: 'FILES_UNKNOWN',
  });
});

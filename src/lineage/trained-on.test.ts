import { cp, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyTable, temporaryFolder } from '../../test/support/tables.ts';
import { connectTables } from '../connect-tables.ts';
import { parseTableName } from '../delta/table-ref.ts';
import { openLedger } from '../registry/ledger/ledger.ts';
import { guard } from './guard.ts';
import { pinTables } from './pin.ts';
import { stampOf } from './stamp.ts';
import { stampRun } from './stamp-run.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

/** A table `first` whose version 4 trained a model in Production, and what a VACUUM elsewhere would break of it. */
async function trained() {
  const folder = await temporaryFolder();
  const first = await copyTable('customer_features', join(folder, 'first'));
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const at = (location: string) => {
    const tables = connectTables({ tables: {} }, { cwd: folder });
    return { tables, table: tables.open(parseTableName(location)) };
  };
  const { table } = at(first);
  const run = await ledger.runs.start({});
  const pins = await pinTables([{ alias: 'f', table, moment: { kind: 'version', version: 4 } }]);
  await stampRun(ledger, run.id, stampOf(pins, { at: now, asof: '0' }));
  await ledger.models.register({ name: 'm', runId: run.id });
  await ledger.models.setStage('m', 1, 'Production');
  const brokenAt = async (location: string) => {
    const { tables, table: guarded } = at(location);
    const options = { now, engine: 'spark', retainMs: 0 } as const;
    const { breaks } = await guard(guarded, { ...ledger, tables }, options);
    return breaks.map(({ version }) => version);
  };
  return { first, other: join(folder, 'other'), brokenAt };
}

test('a model was trained on the table where its record says', async () => {
  const { first, brokenAt } = await trained();
  expect(await brokenAt(first)).toEqual([4]);
});

test.skipIf(process.platform === 'win32')('through a link it is the same table', async () => {
  const { first, other, brokenAt } = await trained();
  await symlink(first, other);
  expect(await brokenAt(other)).toEqual([4]);
});

test('it is where the table was moved to', async () => {
  const { first, other, brokenAt } = await trained();
  await rename(first, other);
  expect(await brokenAt(other)).toEqual([4]);
  await copyTable('deletion_vectors', first);
  expect(await brokenAt(other)).toEqual([4]);
  expect(await brokenAt(first)).toEqual([]);
});

test('it is not a copy, while the table itself is there', async () => {
  const { first, other, brokenAt } = await trained();
  await cp(first, other, { recursive: true, preserveTimestamps: true });
  expect(await brokenAt(other)).toEqual([]);
  await rm(first, { recursive: true });
  expect(await brokenAt(other)).toEqual([4]);
});

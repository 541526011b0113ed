import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Action,
  infoAction,
  metaDataAction,
  protocolAction,
  writeLog,
} from '../../test/support/delta-log.ts';
import { temporaryFolder } from '../../test/support/tables.ts';
import { connectTables } from '../connect-tables.ts';
import { parseTableName } from '../delta/table-ref.ts';
import { loadSettings } from '../settings.ts';
import { tableUpstream } from './upstream.ts';

const clone = (source: string, version: number) =>
  infoAction({
    operation: 'CLONE',
    operationParameters: { source, sourceVersion: String(version) },
  });

async function tableOf(folder: string, ...infos: readonly Action[]): Promise<void> {
  const [first = infoAction(), ...others] = infos;
  const commits = others.map((info) => [info]);
  await writeLog([[first, protocolAction(), metaDataAction()], ...commits], { folder });
}

async function upstreamOf(folder: string) {
  const tables = connectTables(await loadSettings({ cwd: folder, env: {} }), { cwd: folder });
  return tableUpstream(tables.open(parseTableName(folder)), { kind: 'latest' }, tables, {});
}

test('a source that was cloned at two versions has what lies above each', async () => {
  const root = await temporaryFolder();
  const [source, target] = [join(root, 'source'), join(root, 'target')];
  const restore = infoAction({ operation: 'RESTORE', operationParameters: { version: '0' } });
  await tableOf(source, infoAction(), restore);
  await tableOf(target, clone(source, 1), clone(source, 0), clone(source, 1));
  const { upstream, warnings } = await upstreamOf(target);
  expect(
    upstream.map(({ version, tableId, upstream: above }) => [version, tableId, above]),
  ).toEqual([
    [1, expect.any(String), [expect.objectContaining({ kind: 'restore', version: 0 })]],
    [0, expect.any(String), []],
    [1, expect.any(String), [expect.objectContaining({ kind: 'restore', version: 0 })]],
  ]);
  expect(warnings).toEqual([]);
});

test('where it stops to look, it says so', async () => {
  const root = await temporaryFolder();
  const folders = Array.from({ length: 14 }, (_, index) => join(root, `t${index}`));
  for (const [index, folder] of folders.entries()) {
    const above = folders[index + 1];
    await tableOf(folder, above === undefined ? infoAction() : clone(above, 0));
  }
  const { warnings } = await upstreamOf(folders[0] ?? '');
  expect(warnings).toEqual([
    { code: 'TABLE_UNCHECKED', message: expect.stringContaining(`${folders[11]}@v0`) },
  ]);
});

test('tables that are clones of each other end', async () => {
  const root = await temporaryFolder();
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  await tableOf(one, clone(other, 0));
  await tableOf(other, clone(one, 0));
  const { upstream } = await upstreamOf(one);
  expect(upstream).toMatchObject([{ ref: other, upstream: [{ ref: one, upstream: [] }] }]);
});

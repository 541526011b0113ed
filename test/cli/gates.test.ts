import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLedger } from '../../src/registry/ledger/ledger.ts';
import { runCli } from '../support/run-cli.ts';
import { copyTable, temporaryFolder } from '../support/tables.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

/** A model in Production whose run records version 4 of a table under names of a team's own. */
async function recorded({ retention }: { readonly retention?: string } = {}) {
  const folder = await temporaryFolder();
  const location = await copyTable('customer_features', join(folder, 'features'));
  if (retention !== undefined) {
    const first = join(location, '_delta_log', `${'0'.repeat(20)}.json`);
    const text = await readFile(first, 'utf8');
    expect(text).toContain('interval 365 days');
    await writeFile(first, text.replaceAll('interval 365 days', retention));
  }
  const names = '- version: input_*_rev\n      table: input_*_path';
  await writeFile(join(folder, 'asof.yaml'), `evidence:\n  pairs:\n    ${names}\n`);
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const { id } = await ledger.runs.start({});
  await ledger.runs.record(id, { params: { input_a_rev: '4', input_a_path: location } });
  await ledger.models.register({ name: 'm', runId: id });
  await ledger.models.setStage('m', 1, 'Production');
  ledger.close();
  const execute = () => expect.unreachable('nothing is run');
  return (...args: readonly string[]) => runCli(args, { cwd: folder, now: () => now, execute });
}

test('what a team records under its own names counts for guard and status too', async () => {
  const asof = await recorded();
  expect(await asof('guard', './features', '--retain', '0h')).toMatchObject({ exitCode: 5 });
  const { out } = await asof('status', '--json');
  expect(JSON.parse(out)).toMatchObject({ tables: [{ version: 4 }] });
});

test('guard goes by what each engine makes of the retention: delta-rs knows no interval without that word', async () => {
  const asof = await recorded({ retention: '365 days' });
  expect(await asof('guard', './features')).toMatchObject({ exitCode: 0 });
  const { exitCode, out } = await asof('guard', './features', '--engine', 'delta-rs', '--json');
  expect(exitCode).toBe(5);
  expect(JSON.parse(out)).toMatchObject({
    tableRetainHours: 168,
    breaks: [{ version: 4 }],
    retention: { days: 365 },
  });
});

describe.each(['guard ./features --retain 0h', 'impact ./features@v4'])('%s', (command) => {
  const asked = async (stage: string) => {
    const asof = await recorded();
    return await asof(...command.split(' '), '--protect', stage);
  };

  test('protects a stage whatever the case of its letters', async () => {
    expect(await asked('production')).toMatchObject({ exitCode: 5 });
  });

  test('refuses one that is misspelt, instead of protecting nothing', async () => {
    const { exitCode, err } = await asked('Prodution');
    expect(exitCode).toBe(2);
    expect(err).toContain('STAGE_UNKNOWN');
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { copyTable, temporaryFolder } from '../support/tables.ts';

// What only a process of its own shows: its streams, its folder, its exit code. `npm test` has built the command.
const main = resolve('dist/cli/main.js');

const isPosix = process.platform !== 'win32';

describe.skipIf(!isPosix)('the process', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await copyTable('customer_features', join(folder, 'table'));
  });

  const shell = (script: string) => {
    const asof = `'${process.execPath}' '${main}'`;
    const { status, stderr } = spawnSync('bash', ['-c', script.replaceAll('asof', asof)], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, MLFLOW_TRACKING_URI: '' },
    });
    return { status, stderr };
  };

  test('tells whoever hears nothing of it by its exit code all the same', async () => {
    expect(shell('asof rehydrate ./table@v1 --out out > rows.txt').status).toBe(0);
    await writeFile(join(folder, 'out', 'more'), '');
    const cut = shell('set -o pipefail; asof verify out | true');
    expect(cut).toEqual({ status: 5, stderr: '' });
    expect(shell('set -o pipefail; asof history ./table | true')).toEqual({
      status: 0,
      stderr: '',
    });
  });

  test.skipIf(!existsSync('/dev/full')).each([
    { asked: 'history ./table', says: /^error: No space .*standard output/ },
    { asked: 'history ./table --json', says: /^\{.*"DISK_FULL".*\}\n$/ },
    { asked: '--version', says: /^error: ENOSPC.*\n$/ },
  ])('says that its output found no room (%j)', ({ asked, says }) => {
    const { status, stderr } = shell(`asof ${asked} > /dev/full`);
    expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringMatching(says) });
  });

  test('says that there is no temporary folder', () => {
    const { status, stderr } = shell(
      'TMPDIR=/nowhere asof run --table ./table --rehydrate -- true',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: --rehydrate: \/nowhere can't be written: .*OPTION_INVALID/s);
  });

  test('leaves it to the program under it what interrupts mean, and ends as that does', async () => {
    const program =
      "let n = 0; process.on('SIGINT', () => (++n === 2 ? process.exit(3) : console.error('waiting'))); setTimeout(() => {}, 60_000); console.error('waiting')";
    const args = ['run', '--table', './table', '--json', '--', process.execPath, '-e', program];
    const asof = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { ...process.env, MLFLOW_TRACKING_URI: '' },
    });
    let result = '';
    asof.stdout.on('data', (chunk) => {
      result += chunk;
    });
    asof.stderr.on('data', (chunk) => {
      if (String(chunk).includes('waiting')) asof.kill('SIGINT');
    });
    const [status] = await once(asof, 'close');
    expect(status).toBe(3);
    expect(JSON.parse(result)).toMatchObject({ exitCode: 3, endedBy: null, status: 'FAILED' });
  });

  test('says which options do nothing to a run that is joined', () => {
    const { stderr } = shell(
      "asof run --table ./table --experiment e -- bash -c 'asof run --table ./table --experiment e --run-name n -- true'",
    );
    expect(stderr.match(/^asof: --.*/gm)).toEqual([
      'asof: --experiment does nothing to a run that is joined',
      'asof: --run-name does nothing to a run that is joined',
    ]);
  });

  test('says how a program ended where that can not be recorded', () => {
    const program = "require('fs').writeFileSync('broken.db', 'x'.repeat(9000))";
    const { status, stderr } = shell(
      `ASOF_LEDGER=broken.db asof run --table ./table -- node -e "${program}"`,
    );
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /^asof: the command ended with exit code 0; run \S+ does not tell:\nerror: .*LEDGER_UNUSABLE/ms,
    );
  });

  test('says that the current folder is gone', async () => {
    await mkdir(join(folder, 'gone'));
    const { status, stderr } = shell('cd gone; rmdir ../gone; asof history /tables/t');
    expect({ status, stderr }).toMatchObject({ status: 2 });
    expect(stderr).toContain('FILE_UNREADABLE');
  });
});

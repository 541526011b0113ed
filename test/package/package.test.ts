import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// What users install: both packages packed, installed in a folder of their own, imported and run.
const root = process.cwd();
const scratch = mkdtempSync(join(tmpdir(), 'asof-package-'));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const isShell = process.platform === 'win32';
const run = (command: string, args: readonly string[], cwd = scratch) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', shell: isShell });

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

beforeAll(() => {
  for (const workspace of [root, join(root, 'deltalake-js')]) {
    run(npm, ['pack', '--silent', '--pack-destination', scratch], workspace);
  }
  const packed = readdirSync(scratch).filter((name) => name.endsWith('.tgz'));
  expect(packed).toHaveLength(2);
  writeFileSync(join(scratch, 'package.json'), '{ "private": true, "type": "module" }\n');
  run(npm, ['install', '--silent', ...packed.map((name) => `./${name}`)]);
}, 300_000);

test('the command answers', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(run(npm, ['exec', '--', 'asof', '--version']).trim()).toBe(version);
  expect(run(npm, ['exec', '--', 'asof', '--help'])).toContain('rehydrate');
});

test('the command reads a table, and writes its rows', () => {
  const table = join(root, 'fixtures/delta-tables/customer_features/table');
  const shown = run(npm, ['exec', '--', 'asof', 'show', `${table}@v4`, '--json']);
  expect(JSON.parse(shown)).toMatchObject({ version: 4, rows: 546 });
  const out = join(scratch, 'rows');
  run(npm, ['exec', '--', 'asof', 'rehydrate', `${table}@v4`, '--out', out, '--format', 'csv']);
  expect(readFileSync(join(out, 'part-00000.csv'), 'utf8').trim().split('\n')).toHaveLength(547);
});

test('the library can be imported, and says nothing by itself', () => {
  const script = `
    import { parseModelRef, resultSchemas, trace } from 'asof';
    import { openSnapshot } from 'deltalake-js';
    import { localStore } from 'deltalake-js/node';
    import schema from 'asof/schemas/trace.json' with { type: 'json' };
    console.log(JSON.stringify([
      parseModelRef('models:/a/1').kind, typeof trace, typeof openSnapshot, typeof localStore,
      Object.keys(resultSchemas).length, schema.title,
    ]));`;
  writeFileSync(join(scratch, 'use.mjs'), script);
  expect(JSON.parse(run(process.execPath, ['--no-warnings', 'use.mjs']))).toEqual([
    'version',
    'function',
    'function',
    'function',
    readdirSync('dist/schemas').length,
    'asof trace',
  ]);
});

test('both packages hold what they need, and nothing else', () => {
  const filesOf = (name: string) =>
    readdirSync(join(scratch, 'node_modules', name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes(join(name, 'node_modules')))
      .map((entry) => join(entry.parentPath, entry.name).split(`${name}/`).slice(1).join('/'));
  for (const name of ['asof', 'deltalake-js']) {
    const files = filesOf(name);
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'NOTICE']),
    );
    expect(files.filter((file) => /\.test\.|tsconfig|fixtures|\.rs$/.test(file))).toEqual([]);
  }
  expect(filesOf('deltalake-js')).toContain('wasm/deltalake.wasm');
});

test.each(['.', 'deltalake-js'])('%s passes publint and arethetypeswrong', (workspace) => {
  const folder = join(root, workspace);
  run(npm, ['exec', '--', 'publint', '--strict', folder], root);
  // A file of bytes has no types.
  const bytes = ['--exclude-entrypoints', './deltalake.wasm'];
  run(npm, ['exec', '--', 'attw', '--pack', folder, '--profile', 'esm-only', ...bytes], root);
});

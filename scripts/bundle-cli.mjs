// Bundles the CLI into dist/cli: a command loads a few files instead of two hundred. The licences of what goes in lie beside.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const out = fileURLToPath(new URL('../dist/cli', import.meta.url));
const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
// These bring native or WebAssembly files, or are seldom needed.
const external = ['@databricks/sql', '@duckdb/node-api', 'deltalake-js', 'libsql', 'undici'];
for (const name of external) {
  if (dependencies[name] === undefined)
    throw new Error(`${name} is no dependency, so nobody would install it`);
}

rmSync(out, { recursive: true, force: true });
const bundle = await rolldown({
  input: { main: 'cli/main.ts' },
  platform: 'node',
  // A module of ours does nothing until it is called, so a command loads the few that it calls.
  treeshake: { moduleSideEffects: (id) => (id.includes('node_modules') ? undefined : false) },
  external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
  onLog(level, log) {
    throw new Error(`${level}: ${log.message}`);
  },
});
const { output } = await bundle.write({
  dir: out,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // Names stay, for stack traces.
  minify: { mangle: { keepNames: true } },
});

const packages = new Map();
for (const id of output.flatMap((chunk) => chunk.moduleIds ?? [])) {
  for (let folder = dirname(id); folder.includes('node_modules'); folder = dirname(folder)) {
    if (!existsSync(join(folder, 'package.json'))) continue;
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    if (name === undefined) continue;
    packages.set(name, { name, version, license, folder });
    break;
  }
}
const notices = [...packages.values()]
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map(({ name, version, license, folder }) => {
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
if (notices.length === 0) throw new Error('no package was bundled, which can not be');
writeFileSync(
  join(out, 'LICENSES.txt'),
  `The files beside this one hold code of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
);

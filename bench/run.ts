import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { startStopwatch } from './measure.ts';
import { comparisonText, resultsPage } from './report.ts';
import type { Bench, Comparison, Subject } from './subject.ts';
import { openTable } from './subjects/open-table.ts';
import { registry } from './subjects/registry.ts';
import { rehydrate } from './subjects/rehydrate.ts';
import { scale } from './subjects/scale.ts';
import { startUp } from './subjects/start-up.ts';
import { status } from './subjects/status.ts';
import { trace } from './subjects/trace.ts';
import { warehouse } from './subjects/warehouse.ts';

// Measures asof against what people use instead: `npm run bench [-- SUBJECT… --write]`. With --write it also renews RESULTS.md.

const subjects: Readonly<Record<string, Subject>> = {
  'start-up': startUp,
  trace,
  'open-table': openTable,
  rehydrate,
  status,
  registry,
  warehouse,
  scale,
};

const versionsProgram = `
import importlib.metadata, platform
names = ("mlflow", "deltalake", "pyarrow")
print(f"Python {platform.python_version()}", *(f"{name} {importlib.metadata.version(name)}" for name in names), sep=", ")
`;

const args = process.argv.slice(2);
const names = args.filter((arg) => arg !== '--write');
const unknown = names.find((name) => subjects[name] === undefined);
if (unknown !== undefined) {
  throw new Error(`There is no subject ${unknown}; there are ${Object.keys(subjects).join(', ')}.`);
}
const isWritten = args.includes('--write');
if (isWritten && names.length > 0)
  throw new Error('RESULTS.md holds all subjects: leave names away.');

// As npm starts it: in the root of the repository.
const python = resolve('.venv', 'bin', 'python');
if (!existsSync(python)) {
  throw new Error(`There is no ${python}: 'npm run test:integration' makes it.`);
}
const cache = resolve('bench', '.cache');
await mkdir(join(cache, 'many-commits'), { recursive: true });
const scripts = resolve('bench', 'programs');
const bench: Bench = {
  stopwatch: startStopwatch(python, join(scripts, 'measure.py')),
  python,
  asof: [process.execPath, resolve('dist', 'cli', 'main.js')],
  programs: join(cache, 'js', 'bench', 'programs'),
  scripts,
  cache,
  note: (text) => console.error(`… ${text}`),
};

try {
  const load = loadavg()[0] ?? 0;
  const results: { title: string; comparisons: readonly Comparison[] }[] = [];
  for (const [name, subject] of Object.entries(subjects)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const { title } = subject;
    const comparisons = await subject.measure(bench);
    results.push({ title, comparisons });
    console.log(`\n## ${title}\n`);
    for (const comparison of comparisons) console.log(comparisonText(comparison));
  }
  if (isWritten) await writeFile(join('bench', 'RESULTS.md'), resultsPage(results, machine(load)));
} finally {
  bench.stopwatch.stop();
}

/** Where and with what it was measured. */
function machine(load: number): readonly string[] {
  const processors = cpus();
  const versions = execFileSync(python, ['-c', versionsProgram], { encoding: 'utf8' });
  return [
    `${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}, ${versions.trim()}`,
    `load average at the start: ${load.toFixed(1)}`,
  ];
}

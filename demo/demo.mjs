// The main job on a fresh machine: a table with a past, two trainings, a model in Production, and its exact data back.
// Runs what a user would type, prints it and what it answers, and leaves the folder for trying on.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const cli = here('../dist/cli/main.js');
const fixture = here('../fixtures/delta-tables/customer_features');
const { history } = JSON.parse(readFileSync(join(fixture, 'case.json'), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'asof-demo-'));
const table = join(folder, 'tables', 'customer_features');

say(`# A project in ${folder}`);
say('# with a table that Spark wrote: the features of telephone customers, and whether they left.');
mkdirSync(join(table, '_delta_log'), { recursive: true });
for (const name of readdirSync(join(fixture, 'table'))) {
  if (name !== '_delta_log') cpSync(join(fixture, 'table', name), join(table, name));
}
writeFileSync(
  join(folder, 'asof.yaml'),
  'tables:\n  analytics.customer_features: ./tables/customer_features\n',
);
cpSync(here('train.mjs'), join(folder, 'train.mjs'));
commit(0, 3);
asof('history analytics.customer_features');

say('# Train on it. asof pins the version, copies its rows for the program, and stamps the run.');
const first = train('models/1');
asof(`model register churn_model --run ${first} --source models/1`);

say('# Some customers ask to be erased. Train again, and put that model into Production.');
commit(4, 4);
const second = train('models/2');
asof(`model register churn_model --run ${second} --source models/2`);
asof('model promote models:/churn_model/2 --stage Production --alias champion');

say('# The table moves on: a mistaken UPDATE, new customers, an OPTIMIZE.');
commit(5, 7);
asof('history analytics.customer_features --limit 4');

say('# Which data trained Production?');
asof('trace models:/churn_model/Production');

say('# Give me that training set.');
asof('rehydrate models:/churn_model/Production --out data --format csv');

say('# Train on it again: the same rows in the same order give the same metrics.');
node('models/2-again', 'data');
const recorded = readFileSync(join(folder, 'models/2/metrics.json'), 'utf8');
const again = readFileSync(join(folder, 'models/2-again/metrics.json'), 'utf8');
print(`$ diff models/2/metrics.json models/2-again/metrics.json && echo the same\n`);
if (recorded !== again) throw new Error(`the metrics differ: ${recorded} and ${again}`);
print('the same\n\n');

say('# Whoever trains on what the table holds today gets another model.');
asof('rehydrate analytics.customer_features --out today --format csv');
node('models/today', 'today');

say(`# Everything is still in ${folder}. To go on there:`);
print(`cd ${folder}\nalias asof="node ${cli}"\nasof trace models:/churn_model@champion --json\n`);

/** Puts the commits from one version to another into the table's log, with the times at which Spark made them. */
function commit(from, to) {
  for (const { version, timestamp } of history) {
    if (version < from || version > to) continue;
    const name = `${String(version).padStart(20, '0')}.json`;
    const path = join(table, '_delta_log', name);
    cpSync(join(fixture, 'table', '_delta_log', name), path);
    const time = (Date.parse(timestamp) + 0.5) / 1000;
    utimesSync(path, time, time);
  }
}

function train(out) {
  const { stderr } = asof(
    `run --table features=analytics.customer_features --rehydrate --format csv --seed 7 --metrics ${out}/metrics.json -- node train.mjs ${out}`,
  );
  const [, runId] = /run ([0-9a-f]{32}) stamped/.exec(stderr) ?? [];
  if (runId === undefined) throw new Error('asof run named no run');
  return runId;
}

function asof(line) {
  print(`$ asof ${line}\n`);
  return run([cli, ...line.split(' ')], process.env);
}

function node(out, data) {
  print(`$ ASOF_FEATURES_PATH=${data} node train.mjs ${out}\n`);
  run(['train.mjs', out], { ...process.env, ASOF_FEATURES_PATH: data });
}

function run(args, env) {
  const clean = Object.entries(env).filter(([name]) => !/^(MLFLOW|ASOF_(?!FEATURES))/.test(name));
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: Object.fromEntries(clean),
  });
  print(`${stderr}${stdout}\n`);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return { stderr };
}

function say(text) {
  print(`${text}\n`);
}

function print(text) {
  process.stdout.write(text);
}

// A small training: will this customer leave? Logistic regression on the rows that asof put where ASOF_FEATURES_PATH says.
// Usage: node train.mjs OUT_FOLDER
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.ASOF_FEATURES_PATH ?? 'data';
const out = process.argv[2] ?? 'model';
const inputs = ['tenure_months', 'monthly_charge', 'support_calls'];
const seed = 7;

const [header, ...lines] = readFileSync(
  join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.csv')),
  ),
  'utf8',
)
  .trim()
  .split('\n');
const names = header.split(',');
const rows = lines.map((line) =>
  Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])),
);

// Split by the seed, so that the same rows in the same order are always split the same.
const random = generator(seed);
const isTest = rows.map(() => random() < 0.25);
const means = inputs.map((name) => average(rows.map((row) => Number(row[name]))));
const spreads = inputs.map((name, i) =>
  Math.sqrt(average(rows.map((row) => (Number(row[name]) - means[i]) ** 2))),
);
const points = rows.map((row) => [
  1,
  ...inputs.map((name, i) => (Number(row[name]) - means[i]) / spreads[i]),
]);
const labels = rows.map((row) => Number(row.churned));
const trainRows = [...points.keys()].filter((i) => !isTest[i]);
const testRows = [...points.keys()].filter((i) => isTest[i]);

let weights = points[0].map(() => 0);
for (let step = 0; step < 400; step++) {
  const gradient = weights.map(() => 0);
  for (const i of trainRows) {
    const error = predict(points[i]) - labels[i];
    for (const j of weights.keys()) gradient[j] += (error * points[i][j]) / trainRows.length;
  }
  weights = weights.map((weight, j) => weight - 0.5 * gradient[j]);
}

const metrics = {
  accuracy: average(testRows.map((i) => Number(predict(points[i]) > 0.5 === (labels[i] === 1)))),
  log_loss: average(
    testRows.map((i) => -Math.log(labels[i] === 1 ? predict(points[i]) : 1 - predict(points[i]))),
  ),
};
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'model.json'), `${JSON.stringify({ inputs, means, spreads, weights })}\n`);
writeFileSync(join(out, 'metrics.json'), `${JSON.stringify(metrics)}\n`);
console.log(`trained on ${trainRows.length} rows, tested on ${testRows.length}:`, metrics);

function predict(point) {
  return 1 / (1 + Math.exp(-point.reduce((sum, value, j) => sum + value * weights[j], 0)));
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Random numbers from a seed (mulberry32). */
function generator(state) {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Adds up what test runs left in a folder and prints `N passed, N failed`. Fails if a test failed, or if none ran.
// Usage: node scripts/sum-test-counts.mjs FOLDER
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.'] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const name of readdirSync(folder)) {
  const counts = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;

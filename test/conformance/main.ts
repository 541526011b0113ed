import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findCases } from './find-cases.ts';
import { judgeCase, type Verdict } from './judge-case.ts';
import { summaryOf, verdictText } from './report.ts';

// Reads tables that bring their own expected rows: `npm run conformance -- DIR`. Exit codes as asof's: 5 when a case is wrong.

process.exitCode = await conform(process.argv.slice(2));

async function conform(args: readonly string[]): Promise<number> {
  const [folder, ...others] = args;
  if (folder === undefined || others.length > 0 || folder.startsWith('-')) {
    console.error('usage: npm run conformance -- DIR');
    return 2;
  }
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    console.error(`There is no folder ${folder}.`);
    return 3;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'asof-conformance-'));
  try {
    const cases = await findCases(resolve(folder), scratch);
    if (cases.length === 0) {
      console.error(`There is no Delta table below ${folder}.`);
      return 3;
    }
    const verdicts: Verdict[] = [];
    for (const asked of cases) {
      const verdict = await judgeCase(asked, scratch);
      verdicts.push(verdict);
      console.log(verdictText(asked.name, verdict));
    }
    console.log(summaryOf(verdicts));
    return verdicts.some(({ kind }) => kind === 'wrong') ? 5 : 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

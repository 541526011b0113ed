import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Leaves the numbers of passed and failed tests where `.ci/run` adds them up. A file that could not be loaded counts as failed. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const folder = process.env['ASOF_TEST_COUNTS'];
    if (folder === undefined) return;
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
      }
    }
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify({ passed, failed }));
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openLedger } from '../src/registry/ledger/ledger.ts';
import { temporaryFolder } from './support/tables.ts';

const aPath = async () => join(await temporaryFolder(), 'asof.db');

// The writers are processes of their own, from what `npm run build` left.
test('two writers, one of them killed in the middle of it, leave a sound journal', async () => {
  const path = await aPath();
  openLedger(path).close();
  const start = (name: string) => {
    const program = `
      import { openLedger } from './dist/src/registry/ledger/ledger.js';
      const { journal } = openLedger(${JSON.stringify(path)});
      for (let n = 0; n < 100000; n++) {
        await journal.keep({ store: 's', runId: '${name}', stamp: String(n) });
        console.log(n);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  };
  const writers = [start('a'), start('b')];
  const acknowledged = await Promise.all(
    writers.map(async ({ child, lines }) => {
      let last = -1;
      while (last < 25) {
        const { value, done } = await lines.next();
        if (done) throw new Error('the writer ended');
        last = Number(value);
      }
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      return last;
    }),
  );
  const { journal, close } = openLedger(path);
  expect((await journal.check()).problems).toEqual([]);
  for (const [index, name] of ['a', 'b'].entries()) {
    const kept = await journal.stampsOf('s', name);
    expect(kept.length).toBeGreaterThan(acknowledged[index] ?? 0);
    expect(kept).toEqual(kept.map((_, n) => String(n)));
  }
  close();
});

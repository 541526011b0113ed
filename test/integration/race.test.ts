import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { type RunResult, runResult } from '../../src/lineage/result/run.ts';
import { asofIn } from './support/asof.ts';

const python = inject('python') ?? '';
const script = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));

describe.skipIf(python === '')('while another program commits to both tables', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'asof-race-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Does some work while commits come, each table's in turn; gives back how many there were in the end. */
  async function whileWriting(work: () => Promise<void>): Promise<number> {
    const arguments_ = [script('write_two_tables.py'), 'first', 'second', '0.02'];
    const writer = spawn(python, arguments_, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    const end = once(writer, 'exit');
    let said = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    try {
      await once(writer.stdout, 'data');
      await work();
      writer.stdin.end();
      await end;
    } finally {
      writer.kill();
    }
    return Number(said.trim().split('\n').at(-1));
  }

  test('asof run stamps versions that were the latest together, and the training reads those', async () => {
    const asof = asofIn(folder);
    const results: RunResult[] = [];
    const commits = await whileWriting(async () => {
      for (let time = 0; time < 6; time++) {
        const result = await asof.json(
          ...['run', '--table', 'first=./first', '--table', 'second=./second'],
          ...['--metrics', 'metrics.json'],
          ...['--', python, script('read_two_tables.py'), 'metrics.json'],
        );
        results.push(runResult.parse(result));
      }
    });

    const seen = results.map(({ tables, metrics, moved }) => {
      const [first = -1, second = -1] = tables.map(({ version }) => version);
      expect(metrics).toEqual({ first, second });
      return { first, ahead: first - second, moved: moved.length };
    });
    expect(seen.filter(({ ahead }) => !isPossible(ahead))).toEqual([]);
    expect(seen.every(({ moved }) => moved > 0)).toBe(true);
    expect(commits).toBeGreaterThan(seen.at(-1)?.first ?? 0);
  });
});

/** The first table is committed to before the second, so it is never behind, and by one commit ahead at most. */
const isPossible = (ahead: number) => ahead === 0 || ahead === 1;

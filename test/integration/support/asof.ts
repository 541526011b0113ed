import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Asof {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program asof in a folder and with no variables but these, as `npm run build` left it. */
export function asofIn(cwd: string, env: Readonly<Record<string, string | undefined>> = {}) {
  if (!existsSync(main)) throw new Error(`There is no ${main}: 'npm run build' makes it.`);

  /** The program on its way, to be killed, and what comes of it. */
  function start(...args: readonly string[]) {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', ...env },
    });
    const end = async (): Promise<Asof> => {
      const exit = once(child, 'exit');
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [exitCode] = await exit;
      return { exitCode, stdout, stderr };
    };
    return { kill: (signal: NodeJS.Signals) => child.kill(signal), ended: end() };
  }

  const run = (...args: readonly string[]): Promise<Asof> => start(...args).ended;

  /** What it prints with `--json`; a list is NDJSON. Fails when it fails. */
  async function json(...args: readonly string[]): Promise<unknown> {
    const separator = args.indexOf('--');
    const before = separator < 0 ? args : args.slice(0, separator);
    const behind = separator < 0 ? [] : args.slice(separator);
    const { exitCode, stdout, stderr } = await run(...before, '--json', ...behind);
    if (exitCode !== 0)
      throw new Error(`asof ${args.join(' ')} exited with ${exitCode}\n${stderr}`);
    const documents = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    return documents.length === 1 ? documents[0] : documents;
  }

  return { start, run, json };
}

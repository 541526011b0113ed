import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { resultSchemas } from '../../src/index.ts';
import { runCli } from '../support/run-cli.ts';
import { makeWorkspace, testNow } from '../support/workspace.ts';

// Each folder in fixtures/cli is a case: `cmd` holds command lines, run one after the other in a fresh workspace; `transcript` what must
// come of them. `npx vitest -u` rewrites transcripts; the diff is reviewed like code.
const cases = readdirSync('fixtures/cli');

test('the cases are here', () => expect(cases.length).toBeGreaterThanOrEqual(30));

test.each(cases)('%s', async (name) => {
  const folder = `fixtures/cli/${name}`;
  const workspace = await makeWorkspace();
  const lines = (await readFile(`${folder}/cmd`, 'utf8')).trim().split('\n');
  const names = new RunNames();
  let transcript = '';
  for (const line of lines) transcript += names.hide(await session(names.show(line), workspace));
  const stable = transcript
    .replaceAll(workspace, '<workspace>')
    // Columns are as wide as the folder's real name.
    .replace(/^(.*<workspace>.*|SETTING .*|engine .*|mlflow\..*)$/gm, (line) =>
      line.replace(/ {2,}/g, '  '),
    )
    .replace(/"(sha256|seal)":"[0-9a-f]{64}"/g, '"$1":"…"')
    .replace(/(?<="id":"|hold )[0-9a-f]{12}(?=["\s])|^[0-9a-f]{12}(?= )/gm, '<hold id>')
    .replace(/(?<=\bhead\W{1,3})[0-9a-f]{64}/g, '…');
  await expect(stable).toMatchFileSnapshot(`../../${folder}/transcript`);
});

/** The ledger makes run ids up; here they are `<run 1>`, `<run 2>`, … in the order in which they appear. */
class RunNames {
  readonly #ids: string[] = [];

  hide(text: string): string {
    return text.replace(/\b[0-9a-f]{32}\b/g, (id) => {
      if (!this.#ids.includes(id)) this.#ids.push(id);
      return `<run ${this.#ids.indexOf(id) + 1}>`;
    });
  }

  show(line: string): string {
    return line.replace(/<run (\d+)>/g, (name, index) => this.#ids[Number(index) - 1] ?? name);
  }
}

async function session(line: string, workspace: string): Promise<string> {
  const args = words(line);
  const { exitCode, out, err } = await runCli(args, {
    cwd: workspace,
    now: () => testNow,
    execute: async (command, { env }, say) => {
      const given = Object.entries(env).filter(([key]) => key.startsWith('ASOF_'));
      say(`[${command.join(' ')}]\n`);
      for (const [key, value] of given) say(`[${key}=${value}]\n`);
      return { exitCode: command[0] === 'fail' ? 7 : 0, signal: undefined };
    },
  });
  if (args.includes('--json') && out !== '') checkJson(args, out);
  const errors = err
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => `! ${text}\n`)
    .join('');
  const ending = exitCode === 0 ? '' : `[exit ${exitCode}]\n`;
  return `$ asof ${line}\n${out}${errors}${ending}\n`;
}

/** Every line of JSON has the published shape. */
function checkJson(args: readonly string[], text: string): void {
  const name = args[0] === 'model' ? 'models' : args[1] === 'export' ? 'journal' : args[0];
  const [, schema] = Object.entries(resultSchemas).find(([key]) => key === name) ?? [];
  if (schema === undefined) throw new Error(`no schema for asof ${name}`);
  for (const line of text.trim().split('\n')) schema.parse(JSON.parse(line));
}

/** Words as a shell would split them: quotes keep spaces. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)].map(([word]) => word.replace(/["']/g, ''));
}

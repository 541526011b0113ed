import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands, describeCommands } from '../cli/commands.ts';
import type { CommandContext } from '../cli/context.ts';
import * as library from '../src/index.ts';

// What the documents show must be what a reader gets.
const guides = readdirSync('docs/guides').map((name) => `docs/guides/${name}`);
const documents = ['README.md', ...guides].map((path) => ({
  path,
  text: readFileSync(path, 'utf8'),
}));

const blocks = (text: string, language: string) =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)]
    .filter(([, found]) => found === language)
    .map(([, , content = '']) => content);

test.each(documents)('every asof command in $path exists, with its options', async ({ text }) => {
  const described = await describeCommands({} as CommandContext);
  const lines = [...blocks(text, 'sh'), ...blocks(text, 'text')]
    .join('\n')
    .split('\n')
    .flatMap((line) => /^(?:\$ )?asof (.+)$/.exec(line)?.[1] ?? []);
  for (const line of lines) {
    const [own = ''] = line.split(' -- ');
    const words = own.split(' ');
    const isGroup = words[0] === 'model' || words[0] === 'ledger';
    const name = isGroup ? words.slice(0, 2).join(' ') : (words[0] ?? '');
    expect(Object.keys(commands)).toContain(name);
    const flags = described.find((command) => command.name === name)?.options ?? [];
    for (const flag of own.match(/(?<= )--[a-z-]+/g) ?? []) {
      expect(flags.map((option) => option.flag)).toContain(flag);
    }
  }
});

test('the documents show commands', () => {
  const count = documents.flatMap(({ text }) => text.match(/^(\$ )?asof /gm) ?? []).length;
  expect(count).toBeGreaterThan(20);
});

test('the README imports what the library exports', () => {
  const [, names = ''] = /import \{ (.*) \} from 'asof'/.exec(documents[0]?.text ?? '') ?? [];
  expect(Object.keys(library)).toEqual(expect.arrayContaining(names.split(', ')));
});

test('the demo ends well, and the README shows what it prints', () => {
  const printed = execFileSync(process.execPath, ['demo/demo.mjs'], { encoding: 'utf8' });
  const [, folder = ''] = /^# A project in (.*)$/m.exec(printed) ?? [];
  rmSync(folder, { recursive: true, force: true });
  const [capture = ''] = blocks(documents[0]?.text ?? '', 'text');
  const stable = (text: string) =>
    text
      .replaceAll(folder, '/tmp/asof-demo')
      .replace(/\b[0-9a-f]{32}\b/g, 'RUN')
      .replace(/started \S+ \([^)]*\)/g, 'started NOW')
      .replace(/\((just now|\d+ \w+ ago)\)/g, '(AGE)');
  for (const answer of stable(capture).trim().split('\n\n$ '))
    expect(stable(printed)).toContain(answer);
  expect(printed).toContain('the same\n');
});

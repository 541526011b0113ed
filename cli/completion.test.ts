import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commands, describeCommands } from './commands.ts';
import { completionScript, type Shell, shells } from './completion.ts';
import type { CommandContext } from './context.ts';

const described = await describeCommands({} as CommandContext);
const script = (shell: Shell) => completionScript(shell, described);
const isThere = (shell: string) => spawnSync(shell, ['--version']).error === undefined;

const topLevel = [...new Set(Object.keys(commands).map((name) => name.split(' ')[0] ?? ''))];

describe.skipIf(!isThere('bash'))('in bash', () => {
  /** What is offered for the last of some words. */
  const offered = (...words: readonly string[]) =>
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `${script('bash')}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _asof; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        'asof',
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter((word) => word !== '');

  test('every command is offered', () => {
    expect(offered('').sort()).toEqual([...topLevel].sort());
  });

  test.each([
    { words: ['re'], offers: ['rehydrate', 'release'] },
    { words: ['model'], offers: ['models', 'model'] },
    { words: ['x'], offers: [] },
    { words: ['model', ''], offers: ['register', 'promote'] },
    { words: ['model', 'p'], offers: ['promote'] },
    { words: ['ledger', ''], offers: ['verify', 'export', 'import'] },
    { words: ['trace', 'model', ''], offers: [] },
    { words: ['model', 'promote', '--st'], offers: ['--stage'] },
    { words: ['models', '--j'], offers: ['--json'] },
    { words: ['history', 'analytics.t', '--l'], offers: ['--limit'] },
    { words: ['history', '--limit', '5', '--js'], offers: ['--json'] },
    { words: ['history', './da'], offers: [] },
    { words: ['run', '--table', 't', '--', 'python', '--'], offers: [] },
  ])('for $words it is $offers', ({ words, offers }) => {
    expect(offered(...words)).toEqual(offers);
  });

  test('every option of every command is offered', () => {
    for (const { name, options } of described) {
      expect(offered(...name.split(' '), '--'), name).toEqual(options.map(({ flag }) => flag));
    }
  });

  test('sourcing it binds asof, and falls back to files', () => {
    const bound = execFileSync('bash', ['--norc', '-c', `${script('bash')}\ncomplete -p asof`]);
    expect(String(bound)).toBe('complete -o default -F _asof asof\n');
  });
});

describe.skipIf(!isThere('zsh'))('in zsh', () => {
  /** What zsh is asked to offer for the last of some words. */
  const asked = (...words: readonly string[]) =>
    execFileSync(
      'zsh',
      [
        '-f',
        '-c',
        `compdef() { }; _describe() { print -l -- "$offers[@]" }; _files() { print files }; compset() { print "without $3" }
${script('zsh')}
words=(asof "$@"); CURRENT=$#words; _asof`,
        'zsh',
        ...words,
      ],
      { encoding: 'utf8' },
    );

  test.each([
    { words: [''], asks: /^history:.*^completion:/ms },
    { words: ['model', ''], asks: /^register:.*^promote:/ms },
    { words: ['history', 'analytics.t', '--l'], asks: /^--limit:/m },
    { words: ['verify', 'out/p=1/'], asks: /^files\n$/ },
    { words: ['run', '--table=./da'], asks: /^without \*=\nfiles\n$/ },
    { words: ['run', '--table', 't', '--', 'python', '--'], asks: /^files\n$/ },
  ])('for $words it asks for $asks', ({ words, asks }) => {
    expect(asked(...words)).toMatch(asks);
  });
});

describe.each(['zsh', 'fish'] as const)('in %s', (shell) => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-completion-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.skipIf(!isThere(shell))('the shell reads it', () => {
    const file = join(folder, shell);
    writeFileSync(file, script(shell));
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test('every option says what it is', () => {
  for (const { name, options } of described) {
    for (const { flag, description } of options)
      expect(description, `${name} ${flag}`).not.toBe('');
  }
});

test.each(shells)('the script of %s knows every command and every option', (shell) => {
  const text = script(shell);
  for (const { name, options } of described) {
    expect(text).toContain(name.split(' ').at(-1));
    for (const { flag } of options) expect(text).toContain(shell === 'fish' ? flag.slice(2) : flag);
  }
});

test.each(shells)('descriptions with quotes do not break the script of %s', (shell) => {
  const odd = [
    {
      name: 'odd',
      summary: `it's "odd": $(touch x) \`y\``,
      options: [{ flag: '--odd', description: `what's: "this" $HOME` }],
    },
  ];
  const text = completionScript(shell, odd);
  if (shell !== 'bash' || !isThere('bash')) {
    expect(text).not.toMatch(/[^\\']'s /);
    return;
  }
  expect(spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

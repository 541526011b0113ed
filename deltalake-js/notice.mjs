#!/usr/bin/env node
// Writes NOTICE: what is inside wasm/deltalake.wasm, under which licences.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src');

const crates = linkedCrates();
const others = crates.filter(({ licence }) => !/Apache-2\.0/.test(licence));
writeFileSync(join(here, 'NOTICE'), `${[intro(), notices(), list(), texts()].join('\n\n')}\n`);

function intro() {
  return `deltalake-js
Copyright 2026 the deltalake-js authors
Licensed under the Apache License, Version 2.0.

wasm/deltalake.wasm holds, in compiled form, delta_kernel (with the changes in
patches/), the crates below, and the standard library of Rust (MIT or Apache-2.0).
Where a crate may be used under the Apache License, Version 2.0, it is.`;
}

/** Of those that ask for theirs to be kept: each text once. */
function notices() {
  const found = crates.flatMap(({ name, folder }) =>
    ['NOTICE', 'NOTICE.txt']
      .filter((file) => existsSync(join(folder, file)))
      .map((file) => ({ name, text: read(join(folder, file)) })),
  );
  return [...grouped(found, ({ text }) => text)]
    .map(([text, crates]) => `${title(crates.map(({ name }) => name).join(', '))}\n\n${text}`)
    .join('\n\n');
}

function list() {
  const lines = crates.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  return `${title('Crates')}\n\n${lines.join('\n')}`;
}

/** The licences of those that are not under Apache-2.0. */
function texts() {
  const found = others.map(({ name, folder }) => ({ name, text: licenceText(folder) }));
  return [...grouped(found, ({ text }) => text)]
    .map(([text, crates]) => `${title(crates.map(({ name }) => name).join(', '))}\n\n${text}`)
    .join('\n\n');
}

function licenceText(folder) {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying)/i.test(file));
  const preferred = files.find((file) => /mit/i.test(file)) ?? files.sort()[0];
  if (preferred) return read(join(folder, preferred));
  const [author] =
    /authors = \[\s*"([^"]+)"/.exec(read(join(folder, 'Cargo.toml')))?.slice(1) ?? [];
  return `No licence text comes with this crate${author ? `, by ${author}` : ''}.`;
}

function linkedCrates() {
  const edges = ['--target', 'wasm32-unknown-unknown', '-e', 'normal,no-proc-macro'];
  const format = ['--prefix', 'none', '--no-dedupe', '-f', '{p}|{l}'];
  const tree = execFileSync('cargo', ['tree', '--locked', ...edges, ...format], {
    cwd: here,
    encoding: 'utf8',
  });
  const lines = [...new Set(tree.split('\n').filter(Boolean))].sort();
  return lines
    .map((line) => /^(?<name>\S+) v(?<version>\S+)(?: \(.*\))?\|(?<licence>.*)$/.exec(line).groups)
    .filter(({ name }) => name !== 'deltalake-js')
    .map((crate) => ({ ...crate, folder: folderOf(crate) }));
}

function folderOf({ name, version }) {
  const folders = readdirSync(registry).map((index) => join(registry, index, `${name}-${version}`));
  return folders.find((folder) => existsSync(folder)) ?? join(here, 'target', `${name}-${version}`);
}

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

function read(path) {
  return readFileSync(path, 'utf8')
    .replaceAll('\r\n', '\n')
    .replace(/[ \t]+$/gm, '')
    .trim();
}

function title(text) {
  return `${'-'.repeat(80)}\n${text}\n${'-'.repeat(80)}`;
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { instantiate, useWasm, wasmModule } from './wasm-module.ts';

const build = fileURLToPath(new URL('../build.mjs', import.meta.url));
const file = fileURLToPath(new URL('../wasm/deltalake.wasm', import.meta.url));

test('the committed module was built from the committed sources', () => {
  const check = () => execFileSync(process.execPath, [build, '--check'], { encoding: 'utf8' });
  expect(check).not.toThrow();
});

test('the module is compiled once, and each instance has memory of its own', async () => {
  expect(await wasmModule()).toBe(await wasmModule());
  const module = await wasmModule();
  expect(instantiate(module).memory).not.toBe(instantiate(module).memory);
});

test('the bytes of the module can be given', async () => {
  const before = await wasmModule();
  useWasm(readFileSync(file));
  expect(await wasmModule()).not.toBe(before);
  useWasm(Promise.reject(new Error('no network')));
  await expect(wasmModule()).rejects.toThrow('no network');
  useWasm(readFileSync(file));
});

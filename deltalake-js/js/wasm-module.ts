import type { Exports } from './wasm/instance.ts';

/** The slice of WebAssembly's JavaScript API that is used; browsers and Node have it. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module';
}

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
};

let compiled: Promise<WasmModule> | undefined;

/** The module, compiled once in a process, on first use. */
export function wasmModule(): Promise<WasmModule> {
  compiled ??= load().catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

/** Starts to compile the module, in a program that is going to open a table. */
export function preload(): void {
  // Whoever opens a table gets the failure.
  wasmModule().catch(() => {});
}

/**
 * Gives the module's bytes where it can't be found beside this file: in a bundle, say. They are
 * the package's `deltalake-js/deltalake.wasm`.
 */
export function useWasm(bytes: Uint8Array | Promise<Uint8Array>): void {
  compiled = Promise.resolve(bytes).then((given) => WebAssembly.compile(given));
  // Whoever opens a table gets the failure.
  compiled.catch(() => {});
}

/** A fresh instance: a table of its own, whose memory goes when nobody holds it. */
export function instantiate(module: WasmModule): Exports {
  // Built from the same commit as this: `npm run wasm` describes it, and a test compares.
  return new WebAssembly.Instance(module, {}).exports as Exports;
}

async function load(): Promise<WasmModule> {
  return WebAssembly.compile(await readBytes(new URL('../wasm/deltalake.wasm', import.meta.url)));
}

async function readBytes(url: URL): Promise<Uint8Array> {
  if (url.protocol === 'file:' && typeof process !== 'undefined') return readLocal(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Node's fetch knows no file: URLs. In one read, on another thread: the log is listed meanwhile. */
function readLocal(url: URL): Promise<Uint8Array> {
  // No import, so that nothing of Node is asked of a bundler.
  const { closeSync, fstatSync, openSync, read } = process.getBuiltinModule('node:fs');
  const file = openSync(url, 'r');
  const bytes = new Uint8Array(fstatSync(file).size);
  return new Promise<Uint8Array>((resolve, reject) => {
    read(file, bytes, 0, bytes.length, 0, (error, length) => {
      if (error) reject(error);
      else resolve(bytes.subarray(0, length));
    });
  }).finally(() => closeSync(file));
}

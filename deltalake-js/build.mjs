#!/usr/bin/env node
// Builds wasm/deltalake.wasm from the sources in this folder:
//   node build.mjs          fetch and patch the kernel, compile, strip, describe
//   node build.mjs --test   the Rust tests, on this machine instead of WebAssembly
//   node build.mjs --check  whether the committed wasm was built from these sources
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const kernel = {
  crate: 'delta_kernel',
  version: '0.30.1',
  sha256: '54126a2c4de6be3940069183355206f82bb0567fb54432dfdf54ecea9d9b8f0c',
};

// Debian's compiler comes with the source of its standard library, so that one for WebAssembly can
// be built along; rustup's toolchains would have to fetch theirs.
const tools = {
  '/usr/bin/cargo': 'cargo-web',
  '/usr/bin/rustc': 'rustc-web',
  '/usr/bin/wasm-ld-22': 'lld-22',
  '/usr/bin/clang-22': 'clang-22',
  '/usr/bin/llvm-ar-22': 'llvm-22',
  '/usr/bin/llvm-objcopy-22': 'llvm-22',
  '/usr/bin/patch': 'patch',
  '/usr/bin/tar': 'tar',
};
const standardLibrary = { package: 'rust-web-src', folder: 'lib/rustlib/src/rust/library/vendor' };

const here = fileURLToPath(new URL('.', import.meta.url));
const target = join(here, 'target');
const source = join(target, `${kernel.crate}-${kernel.version}`);
const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
const wasmFile = join(here, 'wasm/deltalake.wasm');
const descriptionFile = `${wasmFile}.json`;

const [mode] = process.argv.slice(2);
if (mode === '--check') check();
else if (mode === '--test') test();
else build();

function build() {
  requireTools();
  placeKernel('/usr/bin/cargo');
  const triple = 'wasm32-unknown-unknown';
  const environment = {
    PATH: '/usr/bin:/bin',
    HOME: homedir(),
    CARGO_HOME: cargoHome,
    RUSTC: '/usr/bin/rustc',
    // Lets a stable compiler build the standard library.
    RUSTC_BOOTSTRAP: '1',
    // Some hash keys are drawn when the crate is compiled: the same ones each time.
    CONST_RANDOM_SEED: 'deltalake-js',
    // Timestamps of a log are in UTC.
    CHRONO_TZ_TIMEZONE_FILTER: '^(UTC|Etc/UTC)$',
    [`CARGO_TARGET_${shout(triple)}_LINKER`]: '/usr/bin/wasm-ld-22',
    [`CARGO_TARGET_${shout(triple)}_RUSTFLAGS`]: rustFlags().join(' '),
    CC_wasm32_unknown_unknown: 'clang-22',
    AR_wasm32_unknown_unknown: 'llvm-ar-22',
    CFLAGS_wasm32_unknown_unknown: `-msimd128 -ffile-prefix-map=${cargoHome}=cargo`,
  };
  run(
    '/usr/bin/cargo',
    ['build', '--release', '--locked', '--target', triple, '-Zbuild-std=std,panic_abort'],
    { cwd: here, env: environment },
  );
  const built = join(target, triple, 'release/deltalake.wasm');
  run('/usr/bin/llvm-objcopy-22', ['--strip-all', built, wasmFile]);
  chmodSync(wasmFile, 0o644);
  const bytes = readFileSync(wasmFile);
  requireNoImports(bytes);
  const description = {
    kernelVersion: kernel.version,
    sourcesSha256: sourcesSha256(),
    wasmSha256: sha256(bytes),
    bytes: bytes.length,
    gzipBytes: gzipSync(bytes, { level: 9 }).length,
    brotliBytes: brotliCompressSync(bytes).length,
  };
  writeFileSync(descriptionFile, `${JSON.stringify(description, null, 2)}\n`);
  console.log(description);
}

function test() {
  placeKernel('cargo');
  run('cargo', ['test', '--locked'], { cwd: here });
}

function check() {
  const { sourcesSha256: builtFrom, wasmSha256 } = JSON.parse(
    readFileSync(descriptionFile, 'utf8'),
  );
  if (builtFrom !== sourcesSha256()) fail('The wasm was built from other sources: npm run wasm.');
  if (wasmSha256 !== sha256(readFileSync(wasmFile))) fail('The wasm is not the one described.');
}

function rustFlags() {
  const flags = [
    '--cfg=getrandom_backend="custom"',
    '-Ctarget-feature=+simd128',
    // A few bytes of Parquet can say that they are many gigabytes.
    `-Clink-arg=--max-memory=${2 ** 31}`,
    '--remap-path-prefix=/usr/lib/rustlib/src/rust/=',
  ];
  // No path of this machine gets into messages of the module.
  const registry = join(cargoHome, 'registry/src');
  const indexes = existsSync(registry) ? readdirSync(registry) : [];
  const folders = [...indexes.map((index) => join(registry, index)), target, here];
  return [
    ...flags,
    ...folders.map((folder) => `--remap-path-prefix=${folder.replace(/\/$/, '')}=`),
  ];
}

/** Puts the published crate with our patch applied where Cargo.toml looks for it. */
function placeKernel(cargo) {
  const patch = join(here, `patches/${kernel.crate}-${kernel.version}.patch`);
  const stamp = join(source, '.patched-with');
  const wanted = sha256(readFileSync(patch));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const archive = `${kernel.crate}-${kernel.version}.crate`;
  // Asking about a crate fetches it. Elsewhere: here, Cargo.toml needs what is to be fetched.
  run(cargo, ['info', '--quiet', `${kernel.crate}@${kernel.version}`], {
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const cache = join(cargoHome, 'registry/cache');
  const found = readdirSync(cache)
    .map((index) => join(cache, index, archive))
    .find((path) => existsSync(path));
  if (!found) fail(`cargo did not fetch ${archive}.`);
  if (sha256(readFileSync(found)) !== kernel.sha256) fail(`${found} is not what it was.`);
  rmSync(source, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  run('tar', ['-xzf', found, '-C', target]);
  run('patch', ['--quiet', '-p1', '-i', patch], { cwd: source });
  writeFileSync(stamp, wanted);
}

function requireTools() {
  const missing = Object.entries(tools)
    .filter(([path]) => !existsSync(path))
    .map(([, name]) => name);
  if (missing.length === 0) {
    const root = execFileSync('/usr/bin/rustc', ['--print', 'sysroot'], { encoding: 'utf8' });
    if (!existsSync(join(root.trim(), standardLibrary.folder))) {
      missing.push(standardLibrary.package);
    }
  } else missing.push(standardLibrary.package);
  if (missing.length > 0) fail(`apt-get install ${[...new Set(missing)].join(' ')}`);
}

function requireNoImports(bytes) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  if (imports.length > 0) fail(`The module imports ${imports.map(({ name }) => name).join(', ')}.`);
}

/** Over all that decides what is built, with line ends as git may check them out. */
function sourcesSha256() {
  const hash = createHash('sha256');
  const inFolder = (folder) =>
    readdirSync(join(here, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(here.length));
  const files = [
    'Cargo.toml',
    'Cargo.lock',
    'build.mjs',
    ...inFolder('src'),
    ...inFolder('patches'),
  ];
  for (const file of files.map((path) => path.replaceAll('\\', '/')).sort()) {
    const text = readFileSync(join(here, file), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${file}\0${text}\0`);
  }
  return hash.digest('hex');
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function shout(text) {
  return text.toUpperCase().replaceAll('-', '_');
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

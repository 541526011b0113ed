import { setFlagsFromString } from 'node:v8';

export { localStore } from './local-store.ts';

// Most tables are opened, and their files listed, before optimised code pays: V8 optimises what runs long (a process that ends meanwhile
// waits for that), and what never runs it does not even check. This halves the time to the first table. It holds for all WebAssembly of
// the process, and may be set otherwise later. The budget is in bytes of code passed by each function: some 10,000 files of a checkpoint.
setFlagsFromString('--wasm-tiering-budget=200000000');
setFlagsFromString('--wasm-lazy-validation');

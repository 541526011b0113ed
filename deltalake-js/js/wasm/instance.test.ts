import { expect, test } from 'vitest';
import { type Exports, Instance } from './instance.ts';

const message = new TextEncoder().encode('panicked at src/x.rs: oh no');

function fakeExports(parts: Partial<Exports>): Exports {
  const memory = new Uint8Array(65536);
  memory.set(message, 8);
  return {
    memory: { buffer: memory.buffer },
    room: () => 1024,
    put: () => 0,
    open: () => 0,
    open_files: () => 0,
    next_files: () => 0,
    close_files: () => {},
    deleted_rows: () => 0,
    answer_start: () => 0,
    answer_length: () => 0,
    panic_start: () => 8,
    panic_length: () => message.length,
    ...parts,
  };
}

const trap = () => {
  throw new Error('unreachable');
};

test('a panic is an error with its own words, and ends the instance', () => {
  const instance = new Instance(fakeExports({ open: trap }));
  const panic = expect.objectContaining({
    code: 'KERNEL_PANIC',
    details: { problem: 'panicked at src/x.rs: oh no' },
    cause: expect.objectContaining({ message: 'unreachable' }),
  });
  expect(() => instance.open()).toThrow(panic);
  expect(() => instance.nextFiles(1)).toThrow(panic);
  expect(() => instance.closeFiles(1)).not.toThrow();
});

test('a trap without words keeps those of the trap', () => {
  const silent = new Instance(fakeExports({ open: trap, panic_length: () => 0 }));
  expect(() => silent.open()).toThrow(
    expect.objectContaining({ code: 'KERNEL_PANIC', details: { problem: 'unreachable' } }),
  );
  const mute = new Instance(fakeExports({ open: trap, panic_start: trap }));
  expect(() => mute.open()).toThrow(expect.objectContaining({ code: 'KERNEL_PANIC' }));
});

test('no memory for the bytes is an error like a trap', () => {
  const full = new Instance(fakeExports({ room: () => 0 }));
  expect(() => full.put([{ key: 'a', bytes: new Uint8Array(10) }])).toThrow(
    expect.objectContaining({ code: 'KERNEL_PANIC' }),
  );
});

test('bytes are put one after the other', () => {
  const exports = fakeExports({});
  const lengths: number[] = [];
  const instance = new Instance({
    ...exports,
    room: (length) => {
      lengths.push(length);
      return 1024 * lengths.length;
    },
  });
  instance.put([
    { key: 'a', bytes: new Uint8Array([1, 2]) },
    { key: 'b', bytes: new Uint8Array([3]), modifiedAt: 9 },
  ]);
  const memory = new Uint8Array(exports.memory.buffer);
  expect([...memory.subarray(2048, 2051)]).toEqual([1, 2, 3]);
  const manifest = new TextDecoder().decode(memory.subarray(1024, 1024 + (lengths[0] ?? 0)));
  expect(JSON.parse(manifest)).toEqual([
    ['a', 2, 0],
    ['b', 1, 9],
  ]);
});

import { DeltaLogError, type DeltaLogErrorDetails, isDeltaLogErrorCode } from '../errors.ts';

/** What `src/abi.rs` exports. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  room(length: number): number;
  put(manifest: number, manifestLength: number, bytes: number, length: number): number;
  open(): number;
  open_files(withStats: number): number;
  next_files(reader: number): number;
  close_files(reader: number): void;
  deleted_rows(descriptor: number, length: number): number;
  answer_start(): number;
  answer_length(): number;
  panic_start(): number;
  panic_length(): number;
}

/** Bytes under the name that the module knows them by. */
export interface Put {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Epoch milliseconds. */
  readonly modifiedAt?: number;
}

/** Bytes that the module asks for. */
export interface Wanted {
  readonly key: string;
  readonly path: string;
  readonly start?: number;
  readonly end?: number;
}

/** What a call gives back. The bytes are a view that holds until the next call only. */
export type Answer =
  | { readonly type: 'nothing' }
  | { readonly type: 'ready'; readonly bytes: Uint8Array }
  | { readonly type: 'wanted'; readonly wanted: readonly Wanted[] };

/**
 * One instance of the module: one table. A trap (a panic, memory or stack at its end) makes it
 * unusable, and it alone.
 */
export class Instance {
  readonly #exports: Exports;
  #trap: DeltaLogError | undefined;

  constructor(exports: Exports) {
    this.#exports = exports;
  }

  put(puts: readonly Put[]): void {
    const manifest = toBytes(
      puts.map(({ key, bytes, modifiedAt = 0 }) => [key, bytes.length, modifiedAt]),
    );
    const length = puts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#call(() => {
      const manifestStart = this.#write([manifest]);
      const start = this.#write(
        puts.map(({ bytes }) => bytes),
        length,
      );
      return this.#exports.put(manifestStart, manifest.length, start, length);
    });
  }

  open(): Answer {
    return this.#call(() => this.#exports.open());
  }

  openFiles(withStats: boolean): Answer {
    return this.#call(() => this.#exports.open_files(withStats ? 1 : 0));
  }

  nextFiles(reader: number): Answer {
    return this.#call(() => this.#exports.next_files(reader));
  }

  closeFiles(reader: number): void {
    if (!this.#trap) this.#exports.close_files(reader);
  }

  deletedRows(descriptor: unknown): Answer {
    const bytes = toBytes(descriptor);
    return this.#call(() => this.#exports.deleted_rows(this.#write([bytes]), bytes.length));
  }

  #call(act: () => number): Answer {
    if (this.#trap) throw this.#trap;
    let status: number;
    try {
      status = act();
    } catch (error) {
      this.#trap = this.#describeTrap(error);
      throw this.#trap;
    }
    if (status === 0) return { type: 'nothing' };
    const bytes = this.#answer();
    if (status === 1) return { type: 'ready', bytes };
    const text = new TextDecoder().decode(bytes);
    if (status === 2) return { type: 'wanted', wanted: JSON.parse(text) };
    throw failure(JSON.parse(text));
  }

  #write(chunks: readonly Uint8Array[], length = chunks[0]?.length ?? 0): number {
    const start = this.#exports.room(length) >>> 0;
    if (start === 0) throw new RangeError(`no memory is left for ${length} bytes`);
    const memory = new Uint8Array(this.#exports.memory.buffer, start, length);
    let offset = 0;
    for (const chunk of chunks) {
      memory.set(chunk, offset);
      offset += chunk.length;
    }
    return start;
  }

  #answer(): Uint8Array {
    const start = this.#exports.answer_start() >>> 0;
    return new Uint8Array(this.#exports.memory.buffer, start, this.#exports.answer_length());
  }

  #describeTrap(cause: unknown): DeltaLogError {
    const problem = this.#panicMessage() || this.#wordless(cause);
    return new DeltaLogError('KERNEL_PANIC', { problem }, { cause });
  }

  #wordless(cause: unknown): string {
    // The module has at most 2 GiB, and asks for much at once.
    if (this.#exports.memory.buffer.byteLength >= 2 ** 29)
      return 'more memory is needed than 2 GiB';
    return cause instanceof Error ? cause.message : `${cause}`;
  }

  #panicMessage(): string {
    try {
      const start = this.#exports.panic_start() >>> 0;
      const length = this.#exports.panic_length();
      return new TextDecoder().decode(
        new Uint8Array(this.#exports.memory.buffer, start, length).slice(),
      );
    } catch (error) {
      // What is left of the stack may not do for a call.
      if (error instanceof Error) return '';
      throw error;
    }
  }
}

function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function failure({ code, details }: { code: unknown; details: unknown }): DeltaLogError {
  if (!isDeltaLogErrorCode(code)) throw new TypeError(`The module failed with ${code}.`);
  // Both sides have the same codes with the same details: errors.test.ts compares them.
  return new DeltaLogError(code, details as DeltaLogErrorDetails<typeof code>);
}

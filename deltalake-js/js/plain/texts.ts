import { doubt } from './doubt.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8Text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return doubt();
    throw error;
  }
}

/** Whether JSON may have half of a surrogate pair, which is damage to the kernel. */
export function mayHaveHalfPairs(json: string): boolean {
  return /\\u[dD]/.test(json);
}

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const pieceBytes = 4 * 2 ** 20;

/**
 * The SHA-256 of a file, in hex, and its size in bytes. The next piece is read while one is hashed, in memory for two.
 *
 * @throws what the system says of a file that can't be read
 */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    const pieces = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)] as const;
    let [piece, other] = pieces;
    let bytes = 0;
    let reading = file.read(piece, 0, pieceBytes, bytes);
    for (;;) {
      const { bytesRead } = await reading;
      signal?.throwIfAborted();
      if (bytesRead === 0) break;
      bytes += bytesRead;
      reading = file.read(other, 0, pieceBytes, bytes);
      hash.update(piece.subarray(0, bytesRead));
      [piece, other] = [other, piece];
    }
    return { sha256: hash.digest('hex'), bytes };
  } finally {
    await file.close();
  }
}

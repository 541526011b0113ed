import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { decompress } from 'fzstd';

/** Unpacks a `.tar.zst` into a folder that it makes. Only `tar` is needed: the zstd part is done here. */
export async function unpackInto(folder: string, archive: string): Promise<void> {
  const bytes = unzip(archive, await readFile(archive));
  await mkdir(folder, { recursive: true });
  const tar = spawn('tar', ['-x', '-f', '-', '-C', folder], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  tar.stderr.on('data', (text) => {
    said += text;
  });
  // What it says when it ends early is more than that nobody reads.
  tar.stdin.on('error', () => {});
  tar.stdin.end(bytes);
  const [code] = await once(tar, 'close');
  if (code !== 0) throw new Error(`tar could not unpack ${archive}: ${said.trim()}`);
}

function unzip(archive: string, bytes: Uint8Array): Uint8Array {
  try {
    return decompress(bytes);
  } catch (error) {
    throw new Error(`${archive} is not whole: ${String(error)}`, { cause: error });
  }
}

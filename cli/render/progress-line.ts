import type { ReadProgress } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { bytes, integer } from './text.ts';

export interface ProgressLine {
  update(label: string, progress: ReadProgress): void;
  /** Takes the line away. */
  clear(): void;
}

/** One line on a terminal that is drawn over itself; nothing in a pipe. */
export function progressLine({ err, isInteractive, now }: CliContext): ProgressLine {
  if (!isInteractive) return { update: () => {}, clear: () => {} };
  const started = new Map<string, number>();
  return {
    update(label, progress) {
      const from = started.get(label) ?? now();
      started.set(label, from);
      err(`\r\u001b[K${describe(label, progress, (now() - from) / 1000)}`);
    },
    clear: () => err('\r\u001b[K'),
  };
}

function describe(label: string, progress: ReadProgress, seconds: number): string {
  const { fraction } = progress;
  const parts = [`${label}: ${Math.round(fraction * 100)} %`];
  if (progress.rows !== undefined) parts.push(`${integer(progress.rows)} rows`);
  if (progress.bytes !== undefined) parts.push(bytes(progress.bytes));
  if (seconds >= 1 && fraction > 0) {
    if (progress.bytes !== undefined) parts.push(`${bytes(progress.bytes / seconds)}/s`);
    else if (progress.rows !== undefined) {
      parts.push(`${integer(Math.round(progress.rows / seconds))} rows/s`);
    }
    parts.push(`${Math.ceil((seconds * (1 - fraction)) / fraction)} s left`);
  }
  return parts.join(', ');
}

import { z } from 'zod';
import type { Commit } from '../../delta/table-history.ts';
import { instant, schemaVersion } from './parts.ts';

const text = z.string().nullable();

/** One commit, with the columns of DESCRIBE HISTORY; null where the writer recorded nothing. */
export const historyLine = z.strictObject({
  schemaVersion,
  version: z.int(),
  timestamp: instant,
  userId: text,
  userName: text,
  operation: text,
  operationParameters: z.record(z.string(), z.string().nullable()).nullable(),
  job: z.record(z.string(), z.unknown()).nullable(),
  notebook: z.record(z.string(), z.unknown()).nullable(),
  clusterId: text,
  readVersion: z.int().nullable(),
  isolationLevel: text,
  isBlindAppend: z.boolean().nullable(),
  operationMetrics: z.record(z.string(), z.string()).nullable(),
  userMetadata: text,
  engineInfo: text,
});

export type HistoryLine = z.infer<typeof historyLine>;

export function historyLineOf(commit: Commit): HistoryLine {
  return {
    schemaVersion: 1,
    version: commit.version,
    timestamp: new Date(commit.timestamp).toISOString(),
    userId: commit.userId ?? null,
    userName: commit.userName ?? null,
    operation: commit.operation ?? null,
    operationParameters: commit.operationParameters ?? null,
    job: commit.job ?? null,
    notebook: commit.notebook ?? null,
    clusterId: commit.clusterId ?? null,
    readVersion: commit.readVersion ?? null,
    isolationLevel: commit.isolationLevel ?? null,
    isBlindAppend: commit.isBlindAppend ?? null,
    operationMetrics: commit.operationMetrics ?? null,
    userMetadata: commit.userMetadata ?? null,
    engineInfo: commit.engineInfo ?? null,
  };
}

import type { ModelLine } from '../../src/index.ts';
import { age, table } from './text.ts';

export function modelTable(lines: readonly ModelLine[], now: number): string {
  return table(
    ['MODEL', 'VERSION', 'STAGE', 'ALIASES', 'REGISTERED', 'RUN', 'DATA'],
    lines.map(({ name, version, stages, aliases, createdAt, runId, data }) => [
      name,
      String(version),
      stages.join(', '),
      aliases.map((alias) => `@${alias}`).join(', '),
      createdAt === null ? '' : age(createdAt, now),
      runId ?? '',
      data ?? '',
    ]),
    { right: ['VERSION'] },
  );
}

import type { VerifyResult } from '../../src/index.ts';
import { plainLine, table } from './text.ts';

export function verifyText({ checks, isSame }: VerifyResult): string {
  const rows = checks.map(({ subject, level, outcome, note }) => [subject, level, outcome, note]);
  const differences = checks.flatMap((check) =>
    check.differences.map((difference) => `${plainLine(`${check.subject}  ${difference}`)}\n`),
  );
  const isUnknown = checks.some(({ outcome }) => outcome === 'unknown');
  const verdict = isSame
    ? isUnknown
      ? 'nothing differs; not all could be compared\n'
      : 'the same\n'
    : 'not the same\n';
  return `${table(['WHAT', 'LEVEL', 'OUTCOME', 'COMPARED'], rows)}${differences.length === 0 ? '' : `\n${differences.join('')}`}\n${verdict}`;
}

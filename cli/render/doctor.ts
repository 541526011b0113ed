import { type Finding, formatModelVersion } from '../../src/index.ts';
import { table } from './text.ts';

export function doctorTable(findings: readonly Finding[]): string {
  return table(
    ['MODEL', 'IN', 'SEVERITY', 'FINDING', 'WHAT', 'REPAIR'],
    findings.map(({ model, severity, code, what, repair }) => [
      formatModelVersion(model.name, model.version),
      [...model.stages, ...model.aliases.map((alias) => `@${alias}`)].join(', '),
      severity,
      code,
      what,
      repair,
    ]),
  );
}

export function findingText({ model, code }: Finding): string {
  return `${formatModelVersion(model.name, model.version)}: ${code}`;
}

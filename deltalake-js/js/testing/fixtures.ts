import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Tables written by Spark with what Spark answered; see the README there. */
const root = fileURLToPath(new URL('../../../fixtures/delta-tables/', import.meta.url));

export interface FixtureVersion {
  readonly version: number;
  readonly rowCount?: number;
  readonly error?: { readonly errorClass: string };
}

export interface Fixture {
  readonly name: string;
  readonly table: string;
  readonly protocol: {
    readonly minReaderVersion: number;
    readonly minWriterVersion: number;
    readonly tableFeatures: readonly string[];
  };
  readonly partitionColumns: readonly string[];
  /** Of the latest version. */
  readonly numFiles: number;
  readonly versions: readonly FixtureVersion[];
}

export function fixture(name: string): Fixture {
  const answers = JSON.parse(readFileSync(`${root}${name}/case.json`, 'utf8'));
  return { name, table: `${root}${name}/table`, ...answers };
}

export function fixtures(): readonly Fixture[] {
  const names = readdirSync(root).filter((name) => existsSync(`${root}${name}/case.json`));
  return names.map(fixture);
}

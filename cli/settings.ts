import { loadSettings, type Settings } from '../src/index.ts';
import type { CliContext } from './context.ts';

/** @throws LineageError CONFIG_INVALID, … as `loadSettings` does */
export function settingsFor({ cwd, env }: CliContext, file: string | undefined): Promise<Settings> {
  return loadSettings({ cwd, env, file });
}

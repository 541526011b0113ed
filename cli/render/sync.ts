import type { SyncResult } from '../../src/index.ts';
import { integer, plural, time } from './text.ts';

export function syncText(result: SyncResult): string {
  const { registry, at, previous, models, versions, newVersions, moves, gone, newRuns } = result;
  const since = previous === null ? 'the first time' : `last time ${time(previous)}`;
  return `${registry}, seen ${time(at)} (${since})
  ${plural(models, 'model')}, ${plural(versions, 'version')}: ${integer(newVersions)} new, ${integer(gone)} gone, ${plural(moves, 'change')} of stage or alias, ${plural(newRuns, 'new run')}
`;
}

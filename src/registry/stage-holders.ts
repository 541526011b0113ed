import { type ModelVersion, stages } from './model.ts';

/** Which versions are in which stage, in words: `Staging holds 4; Archived holds 1, 2`. */
export function stageHolders(versions: readonly ModelVersion[]): string {
  if (versions.length === 0) return 'it has no versions';
  const holders = stages.flatMap((stage) => {
    const held = versions.filter((version) => version.stage === stage);
    return held.length === 0
      ? []
      : `${stage} holds ${held.map(({ version }) => version).join(', ')}`;
  });
  return holders.length === 0 ? 'none of its versions is in any stage' : holders.join('; ');
}

import type { DeltaTable } from '../delta/delta-table.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { CallOptions } from './find-table.ts';
import { type EvidenceSources, isUnlooked } from './gather-evidence.ts';
import type { TableEvidence } from './group-evidence.ts';
import { judgeLink } from './judge-link.ts';
import { leadingTo } from './leads-to.ts';
import { countMatching, type Matches } from './matching-rows.ts';
import type { GatherOptions } from './recorder-evidence.ts';
import { rememberingSources } from './remembering-sources.ts';
import type { ImpactedModel, ImpactResult } from './result/impact.ts';
import type { Warning } from './result/parts.ts';
import { allVersions, subjectOf } from './subjects.ts';
import { type CommitEffect, followCommit, type RowBounds, replayOf } from './survival.ts';
import { type TableStates, tableStates } from './table-states.ts';
import type { TraceSources } from './trace-sources.ts';
import { gatherRecords, type SubjectRecords } from './trace-subject.ts';

export interface ImpactRequest {
  readonly table: DeltaTable;
  /** Commits, first and last; absent where only a predicate is asked for. */
  readonly commits?: { readonly from: number; readonly to: number };
  /** A SQL condition: which versions hold rows that meet it. */
  readonly predicate?: string;
  readonly protectedStages: readonly string[];
}

type ImpactOptions = GatherOptions & { readonly now: number };

/** One use of the table by a model version. */
interface Use {
  readonly model: ModelVersion;
  readonly version: number | undefined;
  readonly certainty: string;
}

/**
 * Which model versions were trained on what some commits of a table did: they hold rows that these added, or lack rows that these
 * removed. Decided by the files that live in the version trained on, not by its number: what was deleted or restored meanwhile is
 * no impact. With a predicate: those whose version holds rows that meet it.
 *
 * @throws LineageError VERSION_TOO_NEW, VERSION_TOO_OLD, FILTER_INVALID, … when the commits can't be looked at
 */
export async function impact(
  { table, commits: range, predicate, protectedStages }: ImpactRequest,
  given: TraceSources,
  options: ImpactOptions,
): Promise<ImpactResult> {
  const call = options.signal ? { signal: options.signal } : {};
  const latest = await table.history.resolve({ kind: 'latest' }, call);
  const { tableId } = await table.snapshots.at(latest.version, call);
  if (range !== undefined) {
    // Says when there is no such version.
    await table.history.resolve({ kind: 'version', version: range.to }, call);
  }
  const sources = rememberingSources(given);
  const states = tableStates(sources.tables, options);
  const subjects = (await allVersions(sources.models, call)).map(subjectOf);
  const recorded = await gatherRecords(subjects, sources, states, options);
  const uses = await usesOf(table, tableId, recorded, sources, { ...options, states });
  // What somebody recorded need not be there.
  const isThere = (version: number) => version <= latest.version;
  const versions = [...new Set(uses.flatMap(({ version }) => version ?? []))].filter(isThere);
  const effects = range ? await effectsOf(table, range, versions, call) : [];
  // A condition that is none is refused, also where no version is asked about.
  const looked = versions.length === 0 ? [latest.version] : versions;
  const matches = predicate ? await countMatching(table, looked, predicate, call) : undefined;
  const models = uses.map((use) => judged(use, latest.version, range, effects, matches));
  const affected = models.filter(({ effect }) => effect !== 'none');
  const isHit = ({ stages, effect }: ImpactedModel) =>
    effect !== 'unknown' && stages.some((stage) => protectedStages.includes(stage));
  const stages: Record<string, number> = {};
  for (const { stages: own, effect } of affected) {
    if (effect === 'unknown') continue;
    for (const stage of own.length === 0 ? ['none'] : own) stages[stage] = (stages[stage] ?? 0) + 1;
  }
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: tableId, location: table.location },
    from: range?.from ?? null,
    to: range?.to ?? null,
    predicate: predicate ?? null,
    commits: effects.map(({ commit, added, removed }) => ({
      version: commit.version,
      committedAt: commit.timestamp === 0 ? null : new Date(commit.timestamp).toISOString(),
      operation: commit.operation ?? null,
      added: shown(added),
      removed: shown(removed),
    })),
    models: affected.toSorted(
      (a, b) =>
        Number(isHit(b)) - Number(isHit(a)) ||
        Number(a.effect === 'unknown') - Number(b.effect === 'unknown') ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version - b.version),
    ),
    stages,
    unaffected: models.length - affected.length,
    protectedStages: [...protectedStages],
    isProtectedHit: affected.some(isHit),
    warnings: [...warningsOf(recorded)],
  };
}

/** Of how many model versions the answer can't tell, or not all. */
function warningsOf(recorded: readonly SubjectRecords[]): readonly Warning[] {
  const found: Warning[] = [];
  const count = (number: number) => `${number} model version${number === 1 ? '' : 's'}`;
  const without = recorded.filter(({ uses }) => uses.length === 0).length;
  if (without > 0) {
    const message = `Of ${count(without)} no table is recorded, so nothing is known of their data; 'asof trace' infers what it can, for one.`;
    found.push({ code: 'MODELS_UNKNOWN', message });
  }
  const unlooked = recorded.flatMap(({ warnings }) => warnings.find(isUnlooked) ?? []);
  if (unlooked[0] !== undefined) {
    const message = `Of ${count(unlooked.length)} not all was looked at. The first: ${unlooked[0].message}`;
    found.push({ code: 'MODELS_UNCHECKED', message });
  }
  return found;
}

/** The model versions that record the table, each with the version that they were trained on. */
async function usesOf(
  table: DeltaTable,
  tableId: string,
  recorded: readonly SubjectRecords[],
  sources: Pick<EvidenceSources, 'tables'>,
  options: ImpactOptions & { readonly states: TableStates },
): Promise<readonly Use[]> {
  const uses: Use[] = [];
  const leadsHere = leadingTo(table, sources.tables);
  const idsOf = (group: TableEvidence) => group.flatMap(({ id }) => id ?? []);
  // A table that was replaced in place has another id from then on, and the versions of before all the same.
  const others: number[] = [];
  for (const group of recorded.flatMap((one) => one.uses)) {
    const isOther = idsOf(group).some((id) => id !== tableId) && (await leadsHere(group));
    if (isOther) for (const { version } of group) if (version !== undefined) others.push(version);
  }
  const call = options.signal && { signal: options.signal };
  const timeline = others.length > 0 ? await table.timelines?.read(others, call) : undefined;
  const ownIds = new Set([tableId, ...(timeline?.metadata ?? []).map((one) => one.tableId)]);
  const isAbout = async (group: TableEvidence) => {
    const ids = idsOf(group);
    if (ids.length === 0) return await leadsHere(group);
    return ids.includes(tableId) || (ids.some((id) => ownIds.has(id)) && (await leadsHere(group)));
  };
  for (const { subject, run, uses: groups } of recorded) {
    const { version: model } = subject;
    if (model === undefined) continue;
    for (const group of groups) {
      if (!(await isAbout(group))) continue;
      const [{ kind, version }] = group;
      const isPlain = group.every((item) => item.version === version);
      if (kind === 'stamp' && isPlain) {
        uses.push({ model, version, certainty: 'stamped' });
        continue;
      }
      const { link } = await judgeLink(group[0].of ?? run, group, options);
      uses.push({ model, version: link.version ?? undefined, certainty: link.certainty });
    }
  }
  return uses;
}

async function effectsOf(
  table: DeltaTable,
  range: { readonly from: number; readonly to: number },
  versions: readonly number[],
  call: CallOptions,
): Promise<readonly CommitEffect[]> {
  const replay = await replayOf(table, range, call);
  const effects: CommitEffect[] = [];
  for (let version = range.from; version <= range.to; version++) {
    call.signal?.throwIfAborted();
    effects.push(followCommit(replay, version, versions));
  }
  return effects;
}

const zero: RowBounds = { atLeast: 0, atMost: 0 };

function judged(
  { model, version, certainty }: Use,
  latest: number,
  range: { readonly from: number; readonly to: number } | undefined,
  effects: readonly CommitEffect[],
  matches: Matches | undefined,
): ImpactedModel {
  const head = {
    name: model.name,
    version: model.version,
    stages: model.stage === undefined ? [] : [model.stage],
    aliases: [...model.aliases],
    runId: model.runId ?? null,
    tableVersion: version ?? null,
    certainty,
  };
  const unknown = (why: string): ImpactedModel => ({
    ...head,
    effect: 'unknown',
    held: null,
    lacking: null,
    commits: [],
    why,
  });
  if (version === undefined) {
    return unknown('it was trained on the table, and which version is not known');
  }
  if (version > latest) {
    return unknown(`the table has no version ${version}: its latest is ${latest}`);
  }
  if (matches !== undefined) {
    const count = matches.get(version);
    if (typeof count !== 'number') return unknown(count ?? 'the version was not read');
    // A range as well: both have to hold.
    const isInRange = range === undefined || touching(effects, version).length > 0;
    const isHeld = count > 0 && isInRange;
    return {
      ...head,
      effect: isHeld ? 'holds' : 'none',
      held: { atLeast: count, atMost: count },
      lacking: null,
      commits: touching(effects, version),
      why: isHeld
        ? `v${version} holds ${count} row${count === 1 ? ' that meets' : 's that meet'} the condition`
        : `v${version} holds no such row`,
    };
  }
  const found = effects.flatMap((effect) => effect.at.get(version) ?? []);
  const held = found.reduce((all, one) => add(all, one.held), zero);
  const lacking = found.reduce((all, one) => add(all, one.lacking), zero);
  const [holds, lacks] = [held.atMost !== 0, lacking.atMost !== 0];
  return {
    ...head,
    effect: holds && lacks ? 'both' : holds ? 'holds' : lacks ? 'lacks' : 'none',
    held: shown(held),
    lacking: shown(lacking),
    commits: touching(effects, version),
    why: whyOf(version, range?.from ?? 0, held, lacking),
  };
}

function touching(effects: readonly CommitEffect[], version: number): number[] {
  return effects
    .filter(({ at }) => {
      const survival = at.get(version);
      return survival && (survival.held.atMost !== 0 || survival.lacking.atMost !== 0);
    })
    .map(({ commit }) => commit.version);
}

function whyOf(version: number, from: number, held: RowBounds, lacking: RowBounds): string {
  if (version < from) return `v${version} is older`;
  const parts = [
    ...(held.atMost === 0 ? [] : [`holds ${inWords(held)} that the commits added or changed`]),
    ...(lacking.atMost === 0
      ? []
      : [`lacks ${inWords(lacking)} that the commits removed or changed`]),
  ];
  if (parts.length > 0) return `v${version} ${parts.join(' and ')}`;
  return `v${version} has nothing left of what the commits did`;
}

function inWords({ atLeast, atMost }: RowBounds): string {
  if (atMost === undefined) return `${atLeast} rows or more`;
  if (atLeast === atMost) return `${atLeast} row${atLeast === 1 ? '' : 's'}`;
  return atLeast === 0 ? `up to ${atMost} rows` : `${atLeast} to ${atMost} rows`;
}

function add(a: RowBounds, b: RowBounds): RowBounds {
  const isBounded = a.atMost !== undefined && b.atMost !== undefined;
  return {
    atLeast: a.atLeast + b.atLeast,
    ...(isBounded && { atMost: (a.atMost ?? 0) + (b.atMost ?? 0) }),
  };
}

function shown({ atLeast, atMost }: RowBounds) {
  return { atLeast, atMost: atMost ?? null };
}

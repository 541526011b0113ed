import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import { isLineageError } from '../base/errors.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import { dataTag } from './annotate-model.ts';
import { isMaybeCut } from './cut-values.ts';
import { type EvidenceSources, isUnlooked } from './gather-evidence.ts';
import type { TableEvidence } from './group-evidence.ts';
import { judgeLink } from './judge-link.ts';
import type { GatherOptions } from './recorder-evidence.ts';
import { rememberingSources } from './remembering-sources.ts';
import type { Finding, FindingCode } from './result/doctor.ts';
import { isBackfilled, recordOf, type Stamp, stampManifest, stampTag } from './stamp.ts';
import { allVersions, type Subject, subjectOf } from './subjects.ts';
import { type TableStates, tableStates } from './table-states.ts';
import { gatherRecords, type SubjectRecords } from './trace-subject.ts';
import { stampOn } from './wire-stamp.ts';

export interface DoctorSources extends EvidenceSources {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly search: RunSearch;
  readonly journal: StampJournal;
}

type Found = Pick<Finding, 'code' | 'severity' | 'what' | 'repair'> & {
  readonly isFixable?: boolean;
};

/**
 * What is wrong with the data records of registered models, those in Production first. Only looks.
 */
export async function doctor(
  sources: DoctorSources,
  options: GatherOptions & { readonly now: number },
): Promise<readonly Finding[]> {
  const remembering = rememberingSources(sources);
  const states = tableStates(remembering.tables, options);
  const call = options.signal ? { signal: options.signal } : {};
  const versions = await allVersions(remembering.models, call);
  const recorded = await gatherRecords(versions.map(subjectOf), remembering, states, options);
  const findings: Finding[] = [];
  for (const records of recorded) {
    options.signal?.throwIfAborted();
    const { run, subject } = records;
    const { version } = subject;
    if (version === undefined) continue;
    const ofRun = run === undefined ? [] : await onRun(run, records, remembering, states);
    const isSound = !ofRun.some(({ code }) => code === 'STAMP_EDITED');
    const all = [...onVersion(version, records, versions, isSound), ...ofRun];
    findings.push(...all.map((found) => findingOf(version, found)));
  }
  return findings.toSorted(
    (a, b) =>
      rank(a.model) - rank(b.model) ||
      Number(a.severity === 'notice') - Number(b.severity === 'notice') ||
      (a.model.name < b.model.name ? -1 : a.model.name > b.model.name ? 1 : 0) ||
      a.model.version - b.model.version,
  );
}

function rank({ stages, aliases }: Finding['model']): number {
  if (stages.includes('Production')) return 0;
  if (stages.includes('Staging') || aliases.length > 0) return 1;
  return stages.includes('Archived') ? 3 : 2;
}

function findingOf(version: ModelVersion, { isFixable = false, ...found }: Found): Finding {
  return {
    schemaVersion: 1,
    ...found,
    model: {
      name: version.name,
      version: version.version,
      stages: version.stage === undefined ? [] : [version.stage],
      aliases: [...version.aliases],
      runId: version.runId ?? null,
    },
    isFixable,
    isFixed: null,
  };
}

function onVersion(
  version: ModelVersion,
  { named, run, stamp, warnings }: SubjectRecords,
  versions: readonly ModelVersion[],
  isStampSound: boolean,
): readonly Found[] {
  const found: Found[] = [];
  const wrong = (code: FindingCode, what: string, repair: string) =>
    found.push({ code, severity: 'wrong', what, repair });
  const { name, runId, stage, aliases } = version;
  if (runId === undefined && run === undefined) {
    wrong(
      'MODEL_WITHOUT_RUN',
      'it does not say which run made it',
      'register it again from its run: asof model register',
    );
  } else if (runId !== undefined && named === undefined) {
    wrong(
      'RUN_GONE',
      `run ${runId} is gone for good, and its records with it${run === undefined && stamp !== undefined ? "; asof's ledger has a copy of its stamp" : ''}`,
      "restore MLflow's database from a backup",
    );
  } else if (named?.isDeleted) {
    wrong(
      'RUN_DELETED',
      `run ${named.id} is deleted, and 'mlflow gc' would remove it for good`,
      `mlflow runs restore --run-id ${named.id}`,
    );
  }
  for (const { code, message } of warnings) {
    if (code !== 'RUNS_DIFFER') continue;
    wrong(code, message, 'register it again from the run that made it: asof model register');
  }
  const sharing = versions.filter(
    (one) => one.name === name && one.stage === stage && one.version !== version.version,
  );
  if ((stage === 'Production' || stage === 'Staging') && sharing.length > 0) {
    found.push({
      code: 'STAGE_SHARED',
      severity: 'notice',
      what: `${stage} also holds version ${sharing.map((one) => one.version).join(', ')}: models:/${name}/${stage} means several`,
      repair: 'asof model promote --archive-others',
    });
  }
  for (const alias of aliases) {
    const named = ['Production', 'Staging'].find(
      (one) => one.toLowerCase() === alias.toLowerCase(),
    );
    if (named === undefined || stage === named) continue;
    wrong(
      'ALIAS_DISAGREES',
      `the alias ${alias} points at it, and it is ${stage === undefined ? 'in no stage' : `in ${stage}`}`,
      `asof model promote models:/${name}/${version.version} --stage ${named}, or move the alias`,
    );
  }
  if (
    stamp !== undefined &&
    isStampSound &&
    run !== undefined &&
    run.id === runId &&
    !run.isDeleted &&
    version.tags[dataTag] === undefined
  ) {
    found.push({
      code: 'NOTE_MISSING',
      severity: 'notice',
      what: `its run is stamped, and the version itself does not say so (tag ${dataTag}, description)`,
      repair: 'asof doctor --fix',
      isFixable: true,
    });
  }
  return found;
}

async function onRun(
  run: Run,
  { subject, uses, warnings }: SubjectRecords,
  sources: DoctorSources,
  states: TableStates,
): Promise<readonly Found[]> {
  const found: Found[] = [...(await onStamp(run, subject, sources)), ...cutValues(run)];
  if (uses.length === 0) {
    const unlooked = warnings.find(isUnlooked);
    const what = `run ${run.id} records no Delta table${unlooked ? `, as far as was looked. ${unlooked.message}` : ''}`;
    found.push({
      code: 'NOTHING_RECORDED',
      severity: 'wrong',
      what,
      repair: `asof trace runs:/${run.id} --table TABLE infers a version; asof stamp --run ${run.id} records one that you know`,
    });
  }
  for (const group of uses) found.push(...(await onTable(run, group, states)));
  return found;
}

async function onTable(
  run: Run,
  group: TableEvidence,
  states: TableStates,
): Promise<readonly Found[]> {
  const { link, warnings } = await judgeLink(group[0].of ?? run, group, { states });
  const ref = `${link.table.ref}${link.version === null ? '' : `@v${link.version}`}`;
  const found: Found[] = [];
  const decide = `decide, then: asof stamp --run ${run.id} --table ${link.table.ref}@vN`;
  const isLost = group.every((item) => item.version === undefined);
  if (isLost) {
    const candidates = link.candidates.map(({ version }) => `v${version}`).join(', ');
    found.push({
      code: 'VERSION_LOST',
      severity: 'wrong',
      what: `${link.table.ref} is recorded without a version: ${candidates === '' ? 'nothing tells which' : `it may be ${candidates}`}${link.candidates.some(({ version }) => version === 0) ? '; MLflow loses version 0' : ''}`,
      repair: link.certainty === 'inferred' ? 'asof backfill, where it is sure enough' : decide,
    });
  }
  if (link.certainty === 'conflicting') {
    found.push({ code: 'RECORDS_CONFLICT', severity: 'wrong', what: link.why, repair: decide });
  }
  for (const { code, message } of warnings) {
    if (code === 'VERSION_DOUBTFUL') {
      found.push({ code, severity: 'notice', what: message, repair: decide });
    }
    if (code === 'TABLE_UNCHECKED' || code === 'TABLE_REPLACED') {
      found.push({
        code: 'TABLE_UNRESOLVED',
        severity: 'wrong',
        what: message,
        repair: `say where it lies, in asof.yaml under 'tables:'`,
      });
    }
  }
  if (link.state === 'files-lost' || link.state === 'log-lost') {
    found.push({
      code: 'DATA_UNREADABLE',
      severity: 'wrong',
      what: `${ref} can't be read any more: ${link.state}${link.stateReason === null ? '' : `, ${link.stateReason}`}`,
      repair: 'restore the files from a backup, or train again on a version that is there',
    });
  }
  return found;
}

/** A stamp is held against its own hash, the ledger's copy and the dataset inputs that belong to it. */
async function onStamp(
  run: Run,
  { runId }: Pick<Subject, 'runId'>,
  { journal, runs }: Pick<DoctorSources, 'journal' | 'runs'>,
): Promise<readonly Found[]> {
  const text = run.tags[stampTag];
  const copy = (await journal.stampsOf(runs.title, run.id)).at(-1);
  if (text === undefined) {
    if (copy === undefined) return [];
    const what = `run ${run.id} was stamped by asof, and its tag ${stampTag} is gone; the ledger has a copy`;
    return [{ code: 'STAMP_GONE', severity: 'wrong', what, ...fixable(run, runId) }];
  }
  const repair = copy
    ? `asof's ledger has a copy; compare it with the tag ${stampTag} of run ${run.id}`
    : `compare the tag with the artifact asof/stamp.json of run ${run.id}`;
  let stamp: Stamp | undefined;
  try {
    stamp = stampOn(run);
  } catch (error) {
    if (!isLineageError(error, 'STAMP_INVALID')) throw error;
    return [{ code: 'STAMP_INVALID', severity: 'wrong', what: error.message, repair }];
  }
  if (stamp === undefined) return [];
  const hash = createHash('sha256').update(stampManifest(stamp)).digest('hex');
  const isOwnHash = text.includes(`"manifest":"${hash}"`);
  const isCopy = copy === undefined || canonicalJson(JSON.parse(copy)) === canonicalJson(stamp);
  if (!isOwnHash || !isCopy) {
    const against = isCopy ? 'its own hash' : "the copy in asof's ledger";
    const what = `the stamp of run ${run.id} was edited: it differs from ${against}`;
    // What else it says is nothing to go by.
    return [{ code: 'STAMP_EDITED', severity: 'wrong', what, repair }];
  }
  const found: Found[] = [];
  for (const wanted of isBackfilled(stamp) ? [] : recordOf(stamp).inputs) {
    const stored = run.inputs.find(
      ({ name, digest }) => name === wanted.name && digest === wanted.digest,
    );
    if (stored === undefined) {
      const what = `the dataset input ${wanted.name} of the stamp is not on run ${run.id}: what copies runs to another server often leaves inputs behind`;
      found.push({ code: 'INPUT_LOST', severity: 'notice', what, ...fixable(run, runId) });
    } else if (stored.source !== wanted.source) {
      const what = `the dataset input ${wanted.name} of the stamp has another source: MLflow drops one whose name and digest it has already`;
      const repair = 'nothing is lost: the tag asof.stamp has it; MLflow shows the other';
      found.push({ code: 'INPUT_LOST', severity: 'notice', what, repair });
    }
  }
  return found;
}

/** What `--fix` adds goes on the run that a version names; nothing can be added to one that is deleted. */
function fixable(
  { id, isDeleted }: Run,
  named: string | undefined,
): Pick<Found, 'repair' | 'isFixable'> {
  if (id !== named) {
    return { repair: `register the version again from run ${id}, then asof doctor --fix` };
  }
  return isDeleted
    ? { repair: `mlflow runs restore --run-id ${id}, then asof doctor --fix` }
    : { repair: 'asof doctor --fix', isFixable: true };
}

function cutValues({ id, params, tags }: Run): readonly Found[] {
  const check = (kind: 'param' | 'tag', values: Readonly<Record<string, string>>) =>
    Object.entries(values).filter(
      ([key, value]) =>
        // What MLflow itself writes long is not about data, but for this one.
        (!key.startsWith('mlflow.') || key === 'sparkDatasourceInfo') && isMaybeCut(kind, value),
    );
  const found = [
    ...check('param', params).map(([key]) => `the param ${key}`),
    ...check('tag', tags).map(([key]) => `the tag ${key}`),
  ];
  return found.map((what) => ({
    code: 'VALUE_TRUNCATED',
    severity: 'notice',
    what: `${what} of run ${id} is as long as MLflow lets it be, and was likely cut`,
    repair: 'what was behind the cut is not in MLflow any more',
  }));
}

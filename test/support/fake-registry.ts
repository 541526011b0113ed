import { LineageError } from '../../src/base/errors.ts';
import type { ModelVersion } from '../../src/registry/model.ts';
import type { ModelRegistry } from '../../src/registry/model-registry.ts';
import type { Run } from '../../src/registry/run.ts';
import type { RunRecord, RunStore } from '../../src/registry/run-store.ts';
import type { StampEntry, StampJournal } from '../../src/registry/stamp-journal.ts';

/** What a test puts into a registry. */
export interface Registered {
  readonly runs?: readonly Run[];
  readonly versions?: readonly ModelVersion[];
}

/** A registry in memory, and what came into it. It can do what lineage asks of one; anything else throws. */
export interface FakeRegistry {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly journal: StampJournal;
  readonly entries: StampEntry[];
  readonly artifacts: Map<string, string>;
  /** The run as it stands now. */
  run(id: string): Run;
  /** Changes a run as others may, behind asof's back. */
  replace(run: Run): void;
  /** Changes a version as others may. */
  put(version: ModelVersion): void;
  version(name: string, version: number): ModelVersion;
}

const title = 'the fake registry';

export function fakeRegistry(registered: Registered = {}): FakeRegistry {
  const runs = new Map((registered.runs ?? []).map((run) => [run.id, run]));
  const versions = new Map((registered.versions ?? []).map((one) => [keyOf(one), one]));
  const entries: StampEntry[] = [];
  const artifacts = new Map<string, string>();
  let started = 0;

  const run = (runId: string): Run => {
    const found = runs.get(runId);
    if (found !== undefined) return found;
    throw new LineageError('RUN_NOT_FOUND', { runId, registry: title });
  };
  const model = (name: string) => {
    const found = [...versions.values()]
      .filter((version) => version.name === name)
      .sort((a, b) => a.version - b.version);
    if (found.length > 0) return { name, versions: found };
    throw new LineageError('MODEL_NOT_FOUND', { name, registry: title });
  };
  const version = (name: string, number: number): ModelVersion => {
    const found = versions.get(`${name}/${number}`);
    if (found !== undefined) return found;
    const latest = model(name).versions.at(-1)?.version;
    throw new LineageError('MODEL_VERSION_NOT_FOUND', { name, version: number, latest });
  };

  return {
    run,
    replace: (changed) => void runs.set(changed.id, changed),
    put: (changed) => void versions.set(keyOf(changed), changed),
    version,
    entries,
    artifacts,
    journal: {
      async keep(entry) {
        entries.push(entry);
      },
      stampsOf: async (store, runId) =>
        entries
          .filter((entry) => entry.store === store && entry.runId === runId)
          .map(({ stamp }) => stamp),
      append: () => Promise.reject(new Error('nothing else is kept here')),
      entries: () => Promise.reject(new Error('nothing is read here')),
      check: () => Promise.reject(new Error('nothing is checked here')),
      take: () => Promise.reject(new Error('nothing is taken here')),
    },
    runs: {
      title,
      get: async (runId) => run(runId),
      async start({ name, tags = {} }) {
        started += 1;
        const id = `started-${started}`;
        const made: Run = {
          id,
          experimentId: '0',
          status: 'RUNNING',
          startedAt: 0,
          params: {},
          tags,
          metrics: {},
          inputs: [],
          isDeleted: false,
          ...(name !== undefined && { name }),
        };
        runs.set(id, made);
        return made;
      },
      async end(runId, status) {
        runs.set(runId, { ...run(runId), status, endedAt: 1 });
      },
      async record(runId, record) {
        runs.set(runId, recorded(run(runId), record));
      },
      async writeArtifact(runId, path, text) {
        artifacts.set(`${run(runId).id}/${path}`, text);
        return true;
      },
      environment: ({ id }) => ({ FAKE_RUN_ID: id }),
      page: ({ id }) => `https://registry.example/runs/${id}`,
    },
    models: {
      title,
      async *models() {
        for (const name of new Set([...versions.values()].map((one) => one.name))) {
          yield model(name);
        }
      },
      model: async (name) => model(name),
      version: async (name, number) => version(name, number),
      async inStage(name, stage) {
        const found = model(name).versions.filter((one) => one.stage === stage);
        if (found.length > 0) return found;
        throw new LineageError('STAGE_EMPTY', { name, stage, stages: 'others are not' });
      },
      async byAlias(name, alias) {
        const found = model(name).versions.find(({ aliases }) => aliases.includes(alias));
        if (found !== undefined) return found;
        throw new LineageError('ALIAS_NOT_FOUND', { name, alias });
      },
      async loggedModel(id) {
        const found = [...versions.values()].find((one) => one.loggedModelId === id);
        if (found === undefined) {
          throw new LineageError('LOGGED_MODEL_NOT_FOUND', { modelId: id, registry: title });
        }
        return { id, name: found.name, ...(found.runId !== undefined && { runId: found.runId }) };
      },
      loggedModels: async () => new Map(),
      versionsOfRun: async (runId) => [...versions.values()].filter((one) => one.runId === runId),
      async annotate(name, number, { tags = {}, description }) {
        const before = version(name, number);
        versions.set(keyOf(before), {
          ...before,
          tags: { ...before.tags, ...tags },
          ...(description !== undefined && { description }),
        });
      },
      register: () => Promise.reject(new Error('nothing is registered here')),
      setStage: () => Promise.reject(new Error('nothing is moved here')),
      setAlias: () => Promise.reject(new Error('nothing is moved here')),
    },
  };
}

function keyOf({ name, version }: ModelVersion): string {
  return `${name}/${version}`;
}

/** By the rules that every store has: params are for good, an input is kept once. */
function recorded(run: Run, { params = {}, tags = {}, metrics = {}, inputs = [] }: RunRecord): Run {
  for (const [what, wanted] of Object.entries(params)) {
    const stored = run.params[what];
    if (stored !== undefined && stored !== wanted) {
      throw new LineageError('RUN_ALREADY_STAMPED', { runId: run.id, what, stored, wanted });
    }
  }
  const isKnown = (name: string, digest: string) =>
    run.inputs.some((input) => input.name === name && input.digest === digest);
  return {
    ...run,
    params: { ...run.params, ...params },
    tags: { ...run.tags, ...tags },
    metrics: { ...run.metrics, ...metrics },
    inputs: [...run.inputs, ...inputs.filter(({ name, digest }) => !isKnown(name, digest))],
  };
}

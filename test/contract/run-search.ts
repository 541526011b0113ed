import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run, RunInput } from '../../src/registry/run.ts';
import type { DatasetName, RunSearch, RunTagger } from '../../src/registry/run-search.ts';
import type { NewRun, RunStore } from '../../src/registry/run-store.ts';

export interface OpenRuns {
  readonly runs: RunStore;
  readonly search: RunSearch;
  readonly tagger: RunTagger;
  close?(): Promise<void> | void;
}

/** What every RunSearch and RunTagger promises of the runs of its RunStore. Other runs may be there already. */
export function runSearchContract(title: string, open: () => Promise<OpenRuns>): void {
  describe(`the contract of many runs on ${title}`, () => {
    let opened: OpenRuns;
    let runs: RunStore;
    let search: RunSearch;
    let tagger: RunTagger;

    beforeAll(async () => {
      opened = await open();
      ({ runs, search, tagger } = opened);
    });
    afterAll(() => opened?.close?.());

    const unique = (what: string) => `${what}-${randomUUID().slice(0, 8)}`;
    const missingRun = () => randomUUID().replaceAll('-', '');
    const anInput = (): RunInput => ({
      name: unique('analytics.churn@v47'),
      digest: randomUUID().slice(0, 8),
      sourceType: 'delta_table',
      source: '{"delta_table_name": "analytics.churn", "delta_table_version": 47}',
      context: 'training',
    });

    /** Runs that start one after the other, oldest first. */
    async function started(count: number, given: NewRun = {}): Promise<Run[]> {
      const made: Run[] = [];
      for (let index = 0; index < count; index++) {
        made.push(await runs.start({ name: `run ${index}`, ...given }));
        await sleep(3);
      }
      return made;
    }

    const idsOf = (found: Iterable<Run>) => Array.from(found, ({ id }) => id);

    async function all(since?: number): Promise<Run[]> {
      const found: Run[] = [];
      for await (const run of search.all(since === undefined ? {} : { since })) found.push(run);
      return found;
    }

    test('all are there, newest first, of every experiment, with what they hold', async () => {
      const elsewhere = await started(2, { experiment: unique('experiment') });
      const made = [...elsewhere, ...(await started(3, { tags: { owner: 'ml team' } }))];
      const input = anInput();
      const last = made.at(-1)?.id ?? '';
      await runs.record(last, { params: { depth: '3' }, inputs: [input] });
      const mine = new Set(idsOf(made));
      const found = (await all()).filter(({ id }) => mine.has(id));
      expect(idsOf(found)).toEqual(idsOf(made.toReversed()));
      expect(found[0]).toMatchObject({ params: { depth: '3' }, tags: { owner: 'ml team' } });
      expect(found[0]?.inputs).toMatchObject([input]);
    });

    test('those since a moment are those that started then or later', async () => {
      const [before, at, after] = await started(3);
      const found = new Set(idsOf(await all(at?.startedAt)));
      expect([before, at, after].map((run) => found.has(run?.id ?? ''))).toEqual([
        false,
        true,
        true,
      ]);
    });

    test('a list can be left early, and is gone through anew each time', async () => {
      await started(3);
      for (let turn = 0; turn < 2; turn++) {
        const first: Run[] = [];
        for await (const run of search.all()) {
          first.push(run);
          if (first.length === 2) break;
        }
        expect(idsOf(first)).toEqual(idsOf((await all()).slice(0, 2)));
      }
    });

    test('those asked for by id are found, each once; what is not there is left out', async () => {
      const [one, two] = await started(2);
      const ids = [one?.id ?? '', missingRun(), two?.id ?? '', one?.id ?? '', "'; --", ''];
      const found = await search.byIds(ids);
      expect([...found.keys()].toSorted()).toEqual(idsOf([one, two] as Run[]).toSorted());
      expect(found.get(two?.id ?? '')).toMatchObject({ id: two?.id, name: 'run 1' });
      expect((await search.byIds([])).size).toBe(0);
      expect((await search.byIds([missingRun()])).size).toBe(0);
    });

    test('those started inside a run are its children, oldest first', async () => {
      const [parent, other] = (await started(2)) as [Run, Run];
      const childOf = ({ id }: Run) => ({ tags: { 'mlflow.parentRunId': id } });
      const children = await started(3, childOf(parent));
      await started(1, childOf(other));
      expect(idsOf(await search.childrenOf(parent, 10))).toEqual(idsOf(children));
      expect(idsOf(await search.childrenOf(parent, 2))).toEqual(idsOf(children.slice(0, 2)));
      expect(await search.childrenOf(children[0] as Run, 10)).toEqual([]);
      if (search.parentIds === undefined) return;
      const parents = await search.parentIds();
      expect([parent, other, ...children].map(({ id }) => parents?.has(id))).toEqual([
        ...[true, true],
        ...children.map(() => false),
      ]);
    });

    test('the first that has a dataset is found, in its experiment alone', async () => {
      const given = { experiment: unique('experiment') };
      const [before, first, second] = (await started(3, given)) as [Run, Run, Run];
      const input = anInput();
      await runs.record(before.id, { inputs: [anInput()] });
      await runs.record(second.id, { inputs: [input] });
      await runs.record(first.id, { inputs: [input] });
      const firstOf = async ({ experimentId }: Run, ...datasets: DatasetName[]) =>
        (await search.firstWith(experimentId, datasets)).map((run) => run?.id);
      expect(await firstOf(first, input)).toEqual([first.id]);
      const other = { ...input, digest: 'another' };
      expect(await firstOf(first, other)).toEqual([undefined]);
      const [elsewhere] = (await started(1, { experiment: unique('experiment') })) as [Run];
      expect(await firstOf(elsewhere, input)).toEqual([undefined]);
    });

    test('the first that have many datasets are found together, whoever has how many of them', async () => {
      const given = { experiment: unique('experiment') };
      // All runs have the first one, so that they crowd out others; half of the names share a digest.
      const digest = unique('digest');
      const inputs = Array.from({ length: 120 }, (_, number) =>
        number % 2 === 0 ? anInput() : { ...anInput(), digest },
      );
      const odd = [String.raw`\t-1`, '(a, b)', 'é ü', '%'].map((one) => {
        return { ...anInput(), digest: one };
      });
      const made = (await started(10, given)) as readonly Run[];
      for (const [index, { id }] of made.entries()) {
        const own = inputs.filter((_, number) => number === 0 || number % 10 === index);
        await runs.record(id, { inputs: own });
      }
      const lone = await started(odd.length, given);
      for (const [index, { id }] of lone.entries()) {
        await runs.record(id, { inputs: odd.slice(index, index + 1) });
      }
      const firsts = inputs.map((_, number) => made[number % 10]?.id);
      const quoted = { name: "it's", digest: 'q' };
      const found = await search.firstWith(made[0]?.experimentId ?? '', [
        ...inputs,
        quoted,
        ...odd,
        ...inputs,
      ]);
      expect(found.map((run) => run?.id)).toEqual([
        ...firsts,
        undefined,
        ...idsOf(lone),
        ...firsts,
      ]);
    });

    test('tags are set on many, over what was there; who has them not is told', async () => {
      const made = await started(5, { tags: { kept: 'as it is', 'asof.stamp': 'old' } });
      const gone = missingRun();
      const tags = { 'asof.stamp': 'é "quoted"\nline', 'asof.x': '0' };
      const entries = [...idsOf(made), gone].map((runId) => ({ runId, tags }));
      expect(await tagger.setTags(entries)).toEqual([gone]);
      const found = await search.byIds(idsOf(made));
      expect(found.size).toBe(5);
      for (const run of found.values()) {
        expect(run.tags).toMatchObject({ kept: 'as it is', ...tags });
      }
      expect(await tagger.setTags([])).toEqual([]);
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that does some piece of work from its start to its end. */
export interface Contestant {
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Done before each run, and not measured. */
  readonly prepare?: () => Promise<void>;
}

/** What one run of a program cost. */
interface Run {
  readonly wallMs: number;
  /** User and system together. */
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** What the program itself says that its work took, without its start and its imports. */
  readonly insideMs?: number;
}

/** Medians over all rounds; the peak is the highest. */
export interface Cost extends Run {
  readonly name: string;
}

/** Runs programs and measures them as the operating system does, from a small process of its own. */
export interface Stopwatch {
  /** Takes turns, A B A B …, after one turn that does not count, so that what else the machine does hits all alike. */
  compare(contestants: readonly Contestant[], rounds: number): Promise<readonly Cost[]>;
  /** Runs a program once; gives back what it printed. */
  run(contestant: Omit<Contestant, 'name'>): Promise<string>;
  stop(): void;
}

export function startStopwatch(python: string, script: string): Stopwatch {
  const child: ChildProcess = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError('both were asked for');
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();

  async function measured({
    argv,
    cwd = process.cwd(),
    env = {},
    prepare,
  }: Omit<Contestant, 'name'>) {
    await prepare?.();
    stdin?.write(`${JSON.stringify({ argv, cwd, env: { ...surroundings, ...env } })}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('the measuring process ended');
    const { exitCode, stdout: printed, stderr, ...cost } = JSON.parse(value);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} exited with ${exitCode}\n${stderr}`);
    return { cost: cost as Run, printed: String(printed) };
  }

  return {
    async compare(contestants, rounds) {
      const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]));
      for (let round = 0; round <= rounds; round++) {
        for (const contestant of contestants) {
          const { cost, printed } = await measured(contestant);
          const insideMs = insideOf(printed);
          if (round === 0) continue;
          runs.get(contestant.name)?.push({ ...cost, ...(insideMs !== undefined && { insideMs }) });
        }
      }
      return [...runs].map(([name, all]) => summary(name, all));
    },
    run: async (contestant) => (await measured(contestant)).printed,
    stop: () => stdin.end(),
  };
}

/** Without further certificates: Node would read all of them at each start. */
const { NODE_EXTRA_CA_CERTS: _, ...surroundings } = process.env;

/** Programs that time themselves print `{"insideMs": 12.3, …}` as their last line. */
function insideOf(printed: string): number | undefined {
  const last = printed.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{"insideMs"')) return;
  return JSON.parse(last).insideMs;
}

function summary(name: string, runs: readonly Run[]): Cost {
  const inside = runs.flatMap(({ insideMs }) => insideMs ?? []);
  return {
    name,
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
    ...(inside.length > 0 && { insideMs: median(inside) }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

import type { Cost, Stopwatch } from './measure.ts';

/** One question that is measured, and what came out. */
export interface Subject {
  readonly title: string;
  measure(bench: Bench): Promise<readonly Comparison[]>;
}

export interface Bench {
  readonly stopwatch: Stopwatch;
  /** The Python with mlflow and deltalake in it. */
  readonly python: string;
  /** How `asof` is started. */
  readonly asof: readonly string[];
  /** The compiled programs of this folder. */
  readonly programs: string;
  /** The Python programs of this folder. */
  readonly scripts: string;
  /** For data that is made once and kept. */
  readonly cache: string;
  /** Says what is being done. */
  readonly note: (text: string) => void;
}

/** Programs that do the same. Ratios are to the first. */
export interface Comparison {
  readonly title: string;
  readonly costs: readonly Cost[];
  /** What asof promises here. */
  readonly targets?: readonly Target[];
}

export interface Target {
  readonly promise: string;
  /** What was measured, as text. */
  readonly found: string;
  readonly holds: boolean;
}

/** By which time two programs are compared: all of it, or without their start and their imports. */
type By = 'wallMs' | 'insideMs';

/** That one program takes at most so many times another's time. */
export function atMost(
  factor: number,
  of: string,
  against: string,
  costs: readonly Cost[],
  by: By = 'wallMs',
): Target {
  return target(`takes at most ${factor} × the time of ${against}`, factor, of, against, costs, by);
}

/** That one program is so many times faster than another. */
export function timesFaster(
  factor: number,
  of: string,
  than: string,
  costs: readonly Cost[],
  by: By = 'wallMs',
): Target {
  return target(
    `takes at most 1/${factor} of the time of ${than}`,
    1 / factor,
    of,
    than,
    costs,
    by,
  );
}

/** That one program is no slower than another; a tenth is noise. */
export function noSlower(
  of: string,
  than: string,
  costs: readonly Cost[],
  by: By = 'wallMs',
): Target {
  return target(`is no slower than ${than}`, 1.1, of, than, costs, by);
}

/** That a program takes at most so long. */
export function atMostSeconds(seconds: number, of: string, costs: readonly Cost[]): Target {
  const { wallMs } = costOf(of, costs);
  return {
    promise: `${of} takes at most ${seconds} s`,
    found: `it takes ${(wallMs / 1000).toFixed(2)} s`,
    holds: wallMs <= seconds * 1000,
  };
}

/** That a program never holds more memory than so many GiB. */
export function atMostMemory(gib: number, of: string, costs: readonly Cost[]): Target {
  const peak = costOf(of, costs).peakBytes;
  return {
    promise: `${of} needs at most ${gib} GiB`,
    found: `it needs ${(peak / 2 ** 20).toFixed(0)} MiB`,
    holds: peak <= gib * 2 ** 30,
  };
}

function target(
  promise: string,
  factor: number,
  of: string,
  against: string,
  costs: readonly Cost[],
  by: By,
): Target {
  const ratio = time(of, costs, by) / time(against, costs, by);
  return {
    promise: `${of}${by === 'wallMs' ? '' : ', inside,'} ${promise}`,
    found: `it takes ${ratio.toFixed(2)} × its time`,
    holds: ratio <= factor,
  };
}

function time(name: string, costs: readonly Cost[], by: By): number {
  return costOf(name, costs)[by] ?? Number.NaN;
}

export function costOf(name: string, costs: readonly Cost[]): Cost {
  const cost = costs.find((one) => one.name === name);
  if (cost === undefined) throw new TypeError(`nothing called ${name} was measured`);
  return cost;
}

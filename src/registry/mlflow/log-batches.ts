import type { RunRecord } from '../run-store.ts';
import type { LastMetric } from './wire-run.ts';

interface Pair {
  readonly key: string;
  readonly value: string;
}

interface Metric {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

/** What one `runs/log-batch` takes. */
export interface LogBatch {
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly metrics: readonly Metric[];
}

// MLflow 3.17 refuses more; servers before 2.9 refuse requests of a million bytes too.
const most = { params: 100, tags: 100, metrics: 1000 };
const mostCharacters = 200_000;

/**
 * The requests that write params, tags and metrics, as few as the server's limits allow.
 *
 * @param stored the last point of each metric that is there: MLflow shows the one of the highest step, then time, then value
 */
export function logBatches(
  { params = {}, tags = {}, metrics = {} }: RunRecord,
  stored: readonly LastMetric[],
  now: number,
): readonly LogBatch[] {
  const last = new Map(stored.map((metric) => [metric.key, metric]));
  const points = Object.entries(metrics).map(([key, value]): Metric => {
    const { step, timestamp } = last.get(key) ?? { step: 0, timestamp: 0 };
    const text = Number.isFinite(value) ? value : String(value);
    return { key, value: text, step, timestamp: Math.max(now, timestamp + 1) };
  });
  const lists = {
    params: portions(pairs(params), most.params),
    tags: portions(pairs(tags), most.tags),
    metrics: portions(points, most.metrics),
  };
  const count = Math.max(lists.params.length, lists.tags.length, lists.metrics.length);
  return Array.from({ length: count }, (_, index) => ({
    params: lists.params[index] ?? [],
    tags: lists.tags[index] ?? [],
    metrics: lists.metrics[index] ?? [],
  }));
}

function pairs(values: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function portions<T extends { readonly value: string | number }>(
  items: readonly T[],
  longest: number,
): T[][] {
  const portions: T[][] = [];
  let characters = 0;
  for (const item of items) {
    const portion = portions.at(-1);
    characters += String(item.value).length;
    if (portion === undefined || portion.length === longest || characters > mostCharacters) {
      portions.push([item]);
      characters = String(item.value).length;
    } else portion.push(item);
  }
  return portions;
}

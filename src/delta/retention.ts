const dayMs = 86_400_000;

const unitMs: Readonly<Record<string, number>> = {
  week: 7 * dayMs,
  day: dayMs,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
  microsecond: 0.001,
};

/**
 * How long after its removal a data file is safe from VACUUM: `delta.deletedFileRetentionDuration`, a week if unset.
 *
 * @returns milliseconds; undefined when the property is not an interval of fixed length
 */
export function deletedFileRetention(
  properties: Readonly<Record<string, string>>,
): number | undefined {
  const text = properties['delta.deletedFileRetentionDuration'];
  return text === undefined ? 7 * dayMs : intervalMs(text);
}

/**
 * How long the log keeps commits that a checkpoint has made superfluous: `delta.logRetentionDuration`, 30 days if unset.
 *
 * @returns milliseconds, infinite where the log is never cleaned; undefined when the property is not an interval of fixed length
 */
export function logRetention(properties: Readonly<Record<string, string>>): number | undefined {
  if (properties['delta.enableExpiredLogCleanup']?.toLowerCase() === 'false') {
    return Number.POSITIVE_INFINITY;
  }
  const text = properties['delta.logRetentionDuration'];
  return text === undefined ? 30 * dayMs : intervalMs(text);
}

/** How long delta-rs spares a removed file. */
export function deltaRsFileRetention(properties: Readonly<Record<string, string>>): number {
  return deltaRsIntervalMs(properties['delta.deletedFileRetentionDuration']) ?? 7 * dayMs;
}

/** How long delta-rs keeps the log: infinite where it never cleans it. */
export function deltaRsLogRetention(properties: Readonly<Record<string, string>>): number {
  if (properties['delta.enableExpiredLogCleanup'] === 'false') return Number.POSITIVE_INFINITY;
  return deltaRsIntervalMs(properties['delta.logRetentionDuration']) ?? 30 * dayMs;
}

/**
 * One whole amount behind a small `interval`; what stands behind its unit is passed over. Anything else is nothing for delta-rs, which
 * goes by the default then. Source: delta_kernel 0.30, `parse_interval`, which delta-rs 1.6 uses.
 */
function deltaRsIntervalMs(text = ''): number | undefined {
  const [, amount, unit] = /^interval\s+\+?(\d+)\s+([a-z]+?)s?(?=\s|$)/.exec(text.trim()) ?? [];
  const ms = unitMs[unit ?? ''];
  return ms === undefined ? undefined : Number(amount) * ms;
}

/** `interval 30 days 12 hours`, with or without the first word. Source: Spark 4.2, CalendarInterval text; months have no fixed length. */
export function intervalMs(text: string): number | undefined {
  const parts = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, '');
  if (!/^([-+]?\d+(\.\d+)?\s+[a-z]+(\s+|$))+$/.test(parts)) return;
  let sum = 0;
  for (const [, amount, unit] of parts.matchAll(/([-+]?\d+(?:\.\d+)?)\s+([a-z]+?)s?(?=\s|$)/g)) {
    const ms = unitMs[unit ?? ''];
    if (ms === undefined) return;
    sum += Number(amount) * ms;
  }
  return sum;
}

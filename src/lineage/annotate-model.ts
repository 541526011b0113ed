import { formatTableRef } from '../delta/table-ref.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { ModelRegistry, NewModelVersion } from '../registry/model-registry.ts';
import type { CallOptions, RunStore } from '../registry/run-store.ts';
import type { Stamp } from './stamp.ts';
import { stampOn } from './wire-stamp.ts';

/** The tag on a model version that names its data: one `TABLE@vN` or more, with commas between. */
export const dataTag = 'asof.data';

const begin = '[//]: # (asof:begin)';
const end = '[//]: # (asof:end)';

/** Notes on a model version what trained it, as a tag and in its description; what people wrote there stays. */
export async function annotateModel(
  models: ModelRegistry,
  { name, version, description }: ModelVersion,
  stamp: Stamp,
  options: CallOptions = {},
): Promise<void> {
  const refs = stamp.tables.map((table) => formatTableRef(table.ref, table.version));
  const note = {
    tags: { [dataTag]: refs.join(', ') },
    description: withBlock(description ?? '', dataBlock(stamp)),
  };
  await models.annotate(name, version, note, options);
}

/** As `annotateModel`, with the stamp of the run that the version was registered from, if that has one. */
export async function annotateFromRun(
  { runs, models }: { readonly runs: RunStore; readonly models: ModelRegistry },
  version: ModelVersion,
  options: CallOptions = {},
): Promise<void> {
  if (version.runId === undefined) return;
  const stamp = stampOn(await runs.get(version.runId, options));
  if (stamp !== undefined) await annotateModel(models, version, stamp, options);
}

/**
 * Makes the next version of a model, with the stamp of its run noted on it.
 *
 * @throws LineageError STAMP_INVALID, before anything is written; what `register` throws
 */
export async function registerFromRun(
  { runs, models }: { readonly runs: RunStore; readonly models: ModelRegistry },
  model: NewModelVersion,
  options: CallOptions = {},
): Promise<ModelVersion> {
  const stamp = stampOn(await runs.get(model.runId, options));
  const registered = await models.register(model, options);
  if (stamp !== undefined) await annotateModel(models, registered, stamp, options);
  return registered;
}

/** The text with our block behind it, or in the place of the one it had: from an end back to the nearest beginning. */
export function withBlock(text: string, block: string): string {
  const marked = `${begin}\n\n${block}\n\n${end}`;
  const first = text.indexOf(begin);
  const to = first < 0 ? -1 : text.indexOf(end, first);
  if (to < 0) return text.trim() === '' ? marked : `${text.trimEnd()}\n\n${marked}`;
  return text.slice(0, text.lastIndexOf(begin, to)) + marked + text.slice(to + end.length);
}

/** Markdown: the verdict first, since MLflow folds long texts. */
export function dataBlock({ tables, at }: Stamp): string {
  const lines = tables.map(({ alias, ref, version, committedAt, id }) => {
    const committed = committedAt === undefined ? '' : `, committed ${escapeMarkdown(committedAt)}`;
    return `- ${escapeMarkdown(alias)}: **${escapeMarkdown(ref)} version ${version}**${committed}, table id ${escapeMarkdown(id)}`;
  });
  return `**Trained on** (stamped by asof ${escapeMarkdown(at)})\n\n${lines.join('\n')}`;
}

/** MLflow renders Markdown and lets some HTML through, so every character that either could take as its own is escaped. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~-]/g, '\\$&')
    .replace(/\s+/g, ' ');
}

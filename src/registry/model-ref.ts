import { closest } from '../base/closest.ts';
import { LineageError } from '../base/errors.ts';
import { type Stage, stages } from './model.ts';

/** What a user may call a model. A stage can hold several versions, a name alone means all of them. */
export type ModelRef =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: number }
  | { readonly kind: 'latest'; readonly name: string }
  | { readonly kind: 'stage'; readonly name: string; readonly stage: Stage }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'logged-model'; readonly id: string }
  | { readonly kind: 'run'; readonly runId: string };

/**
 * Reads `models:/NAME/VERSION`, `models:/NAME/latest`, `models:/NAME/STAGE`, `models:/NAME@ALIAS`, `models:/m-ID`, `models:/NAME`,
 * `runs:/RUN_ID` or a bare `NAME`. Stages are found in any letter case, as MLflow 3.17 does. What follows a run id (`runs:/ID/model`) is left aside.
 *
 * @throws LineageError MODEL_REF_INVALID, STAGE_UNKNOWN
 */
export function parseModelRef(text: string): ModelRef {
  const run = /^runs:\/+([^/]+)(?:\/.*)?$/i.exec(text)?.[1];
  if (run !== undefined) return { kind: 'run', runId: run };
  const scheme = /^([a-z]+):/i.exec(text)?.[1];
  if (scheme?.toLowerCase() === 'runs') throw invalid(text, 'behind runs:/ comes the id of a run');
  if (scheme !== undefined && scheme.toLowerCase() !== 'models') {
    throw invalid(text, `${scheme}: is no scheme of models or runs`);
  }
  const path = text.replace(/^models:\/*/i, '');
  if (path === '') throw invalid(text, 'it names no model');
  if (/^m-[0-9a-f]{8,}$/i.test(path)) return { kind: 'logged-model', id: path };

  const at = path.lastIndexOf('@');
  if (at > 0 && !path.slice(at).includes('/')) {
    const [name, alias] = [path.slice(0, at), path.slice(at + 1)];
    if (alias === '') throw invalid(text, 'the alias behind @ is empty');
    return { kind: 'alias', name, alias };
  }
  const slash = path.lastIndexOf('/');
  if (slash < 0) return { kind: 'name', name: path };
  const [name, last] = [path.slice(0, slash), path.slice(slash + 1)];
  if (name === '' || last === '' || name.includes('/')) {
    throw invalid(text, 'behind models:/ come a name and, after one slash, a version or a stage');
  }
  if (/^\d+$/.test(last)) return { kind: 'version', name, version: Number(last) };
  if (/^[-+.\d]+$/.test(last)) throw invalid(text, `${last} is not the number of a model version`);
  if (last.toLowerCase() === 'latest') return { kind: 'latest', name };
  return { kind: 'stage', name, stage: parseStage(last) };
}

/** @throws LineageError STAGE_UNKNOWN, with the nearest one */
export function parseStage(text: string): Stage {
  const stage = stages.find((known) => known.toLowerCase() === text.toLowerCase());
  if (stage === undefined) {
    throw new LineageError('STAGE_UNKNOWN', { stage: text, closest: closest(text, stages) });
  }
  return stage;
}

/** The reference written out, as `asof` prints it. */
export function formatModelVersion(name: string, version: number): string {
  return `models:/${name}/${version}`;
}

function invalid(text: string, problem: string) {
  return new LineageError('MODEL_REF_INVALID', { text, problem });
}

import { remembering } from '../base/remembering.ts';
import { isTable } from './named-values.ts';

/** What the key of a param or a tag says that its value is about. */
export interface KeyMeaning {
  /** It speaks of data that a model may be made from; `model_path` does not, nor does what the run wrote or measured with. */
  readonly isInput: boolean;
  /** A place, under a name that says no more: `path`. */
  readonly isBare: boolean;
  /** It speaks of a table, so that its value may be the name of one. */
  readonly isOfTable: boolean;
  /** It may hold SQL that reads such data. */
  readonly isSql: boolean;
  /** `customers` of `customers_table`. */
  readonly alias?: string;
  /** `train` of `train_version`, where that is an input. */
  readonly versionOf?: string;
  /** `sales.orders` of `sales.orders_version`, or of `versions.sales.orders`: perhaps the name of a table. */
  readonly versionOfTable?: string;
  /** `train` of `train_timestamp_as_of`, where that is an input; empty of `timestamp_as_of`. */
  readonly momentOf?: string;
}

const dataWords = /table|data|delta|feature|train|source|input/i;
/** Words of a key that names no data a model was made from, but what the run wrote or measured with. */
const otherWords =
  /^(?:out|outputs?|preds?|predictions?|results?|sink|dest|destination|scored?|scores|scoring|inference|tests?|testing|val|valid|validation|eval|evaluation|holdout)$/i;
/** Too common to be about a table, unless one lies there: then `version` is its version. */
const bareNames = /^(?:table|path|uri|location)$/i;
/** The members of `features`, which may be names of columns, are no `features`. */
const tableWords = /table|delta|dataset|data$|features?$|source$/i;
const sqlWords = /sql|query/i;

/** Runs share their keys. */
export const meaningOf = remembering((key): KeyMeaning => {
  const isOther = isAboutOther(key);
  const alias = isOther ? undefined : /^(\w+)_table$/.exec(key)?.[1];
  const [, versionOf] =
    /^(.+?)[_./-]version(?:[_-]?as[_-]?of)?$/i.exec(key) ??
    /^(.+?)Version(?:AsOf)?$/.exec(key) ??
    [];
  const [, member] = /^[^.]*versions?\.(.+)$/i.exec(key) ?? [];
  // `data/train` is one as well, but rather spells `data_train`.
  const isPath = /[\\/]/.test(versionOf ?? '');
  const named = [member, isPath ? undefined : versionOf].find((words) => isTable(words ?? ''));
  const [, momentOf] =
    /^()timestamp[_-]?as[_-]?of$/i.exec(key) ??
    /^(.+?)[_./-](?:timestamp[_-]?)?as[_-]?of$/i.exec(key) ??
    /^(.+?)(?:Timestamp)?AsOf$/.exec(key) ??
    [];
  const isInput = isAboutInput(key);
  return {
    isInput,
    isBare: bareNames.test(key),
    isOfTable: tableWords.test(key),
    isSql: isInput || (sqlWords.test(key) && !isOther),
    ...(alias !== undefined && { alias }),
    ...(versionOf !== undefined && isAboutInput(versionOf) && { versionOf }),
    ...(named !== undefined && !isOther && { versionOfTable: named }),
    ...(momentOf !== undefined && (momentOf === '' || isAboutInput(momentOf)) && { momentOf }),
  };
});

const isAboutInput = (words: string) => dataWords.test(words) && !isAboutOther(words);

const isAboutOther = (words: string) =>
  words.split(/[_./\s-]+|(?<=[a-z])(?=[A-Z])/).some((word) => otherWords.test(word));

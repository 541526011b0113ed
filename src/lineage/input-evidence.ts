import type { RunInput } from '../registry/run.ts';
import type { Evidence } from './evidence.ts';
import { deltaSource, placesIn } from './wire-dataset-source.ts';
import { profileOf, recordedColumns } from './wire-profile.ts';

/** Contexts of data that a model is measured with or applied to, not made from. The latest is no test. */
const otherUse =
  /eval|(?<!la)test|valid|inference|scoring|\bpredict(?:ion|ions|ing)?\b|serving|monitoring/i;

/** Dataset inputs that a model was made from. */
export function trainingInputs(inputs: readonly RunInput[]): readonly RunInput[] {
  return inputs.filter(({ context }) => context === undefined || !otherUse.test(context));
}

/**
 * What dataset inputs say: those of `DeltaDatasetSource` name a table, mostly with its version; those of Spark, pandas, numpy or
 * Hugging Face name places, which may turn out to be tables or files of some.
 */
export function inputEvidence(inputs: readonly RunInput[]): readonly Evidence[] {
  return trainingInputs(inputs).flatMap((input): readonly Evidence[] => {
    const { rows, isSpark } = profileOf(input.profile);
    const columns = recordedColumns(input.schema);
    const common = {
      kind: 'dataset-input',
      where: `dataset input ${input.name}`,
      dataset: { name: input.name, digest: input.digest },
      ...(rows !== undefined && { rows }),
      ...(isSpark && { isSpark }),
      ...(columns !== undefined && { columns }),
    } as const;
    const source = deltaSource(input);
    if (source !== undefined) return [{ ...common, ...source }];
    return placesIn(input).map((place) => ({ ...common, ...place, isVersionless: true }));
  });
}

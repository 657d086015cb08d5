import { char, type Errors, referencesOf, type StageContract } from '@gatehouse/contracts';
import { isTruthy, type Json, type JsonMap } from './json.js';
import type { ObjectModel } from './object-model.js';

const NOBODY_TO_FIND = 'When no user fields are selected, at least one source must be selected';

/** Rules of the admin API that no schema of one field can say, by model (02-stages §2.1). */
const admissions: Readonly<Record<string, (values: JsonMap) => Errors>> = {
  'authentik_stages_identification.identificationstage': ({ user_fields, sources }) =>
    isTruthy((user_fields ?? null) as Json) || isTruthy((sources ?? null) as Json)
      ? {}
      : { non_field_errors: [{ text: NOBODY_TO_FIND }] },
};

/** The model of a stage, out of its contract: a name and the config. */
export function stageModel(contract: StageContract): ObjectModel {
  const name = contract.model.toLowerCase();
  const check = admissions[name];
  return {
    name,
    kind: 'stage',
    key: ['name'],
    schema: contract.config.extend({ name: char() }),
    references: referencesOf(contract.config),
    parents: [],
    ...(check ? { check } : {}),
  };
}

import { policies } from '@gatehouse/policies';
import { stages } from '@gatehouse/stages';
import type { ModelContracts } from './compile.js';
import { objectModels } from './models.js';

/** The contracts of the built-in stages and policies, by blueprint model. */
export const builtInContracts: ModelContracts = {
  stages: new Map(
    Object.values(stages).flatMap(({ contract }) =>
      contract.model === undefined ? [] : [[contract.model.toLowerCase(), contract]],
    ),
  ),
  policies: new Map(Object.values(policies).map(({ contract }) => [contract.model, contract])),
};

/** The models of all objects that are stored as blueprint objects. */
export const builtInModels = objectModels(builtInContracts);

import type { Register } from '@gatehouse/directory';
import { brandModel } from './brand.model.js';
import type { Collection } from './collection.js';
import type { Contracts } from './compile.js';
import type { Draft } from './draft.js';
import { bindingModel, flowModel } from './flow.model.js';
import { GroupCollection } from './group-collection.js';
import { ObjectCollection } from './object-collection.js';
import type { ObjectModel } from './object-model.js';
import { policyBindingModel, policyModel } from './policy.model.js';
import { PolicyBindingCollection } from './policy-binding-collection.js';
import { remoteStageModel } from './remote-stage.model.js';
import { RemoteStageCollection } from './remote-stage-collection.js';
import { stageModel } from './stage.model.js';
import type { Strangers } from './strangers.js';
import { TokenCollection } from './token-collection.js';
import { type Passwords, UserCollection } from './user-collection.js';

/** The models whose objects are kept as blueprint objects: flows, bindings, brands, one for each contract, and stages of others. */
export const objectModels = ({ stages, policies }: Contracts): ObjectModel[] => [
  flowModel,
  bindingModel,
  policyBindingModel,
  brandModel,
  remoteStageModel,
  ...[...stages].map(([model, contract]) => stageModel(model, contract)),
  ...[...policies.values()].map(policyModel),
];

interface Owners {
  readonly draft: Draft;
  readonly register: Register;
  readonly passwords: Passwords;
  readonly strangers: Strangers;
}

/** Every model of this installation, with where its objects are. */
export function collections(models: readonly ObjectModel[], { draft, register, passwords, strangers }: Owners) {
  const conditions = new ObjectCollection(policyBindingModel, draft);
  return new Map<string, Collection>([
    ...models.map((model) => [model.name, new ObjectCollection(model, draft)] as const),
    [policyBindingModel.name, new PolicyBindingCollection(conditions, register)],
    [remoteStageModel.name, new RemoteStageCollection(draft, strangers)],
    ['authentik_core.user', new UserCollection(register, passwords) as Collection],
    ['authentik_core.group', new GroupCollection(register) as Collection],
    ['authentik_core.token', new TokenCollection(register) as Collection],
  ]);
}

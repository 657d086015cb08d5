import type { StageContract } from '@gatehouse/contracts';
import type { Register } from '@gatehouse/directory';
import type { Collection } from './collection.js';
import type { Draft } from './draft.js';
import { bindingModel, flowModel } from './flow.model.js';
import { GroupCollection } from './group-collection.js';
import { ObjectCollection } from './object-collection.js';
import type { ObjectModel } from './object-model.js';
import { stageModel } from './stage.model.js';
import { TokenCollection } from './token-collection.js';
import { type Passwords, UserCollection } from './user-collection.js';

/** The models whose objects are kept as blueprint objects: flows, bindings, and a stage for each contract. */
export const objectModels = (contracts: Iterable<StageContract>): ObjectModel[] => [
  flowModel,
  bindingModel,
  ...[...contracts].map(stageModel),
];

interface Owners {
  readonly draft: Draft;
  readonly register: Register;
  readonly passwords: Passwords;
}

/** Every model of this installation, with where its objects are. */
export function collections(models: readonly ObjectModel[], { draft, register, passwords }: Owners) {
  return new Map<string, Collection>([
    ...models.map((model) => [model.name, new ObjectCollection(model, draft)] as const),
    ['authentik_core.user', new UserCollection(register, passwords) as Collection],
    ['authentik_core.group', new GroupCollection(register) as Collection],
    ['authentik_core.token', new TokenCollection(register) as Collection],
  ]);
}

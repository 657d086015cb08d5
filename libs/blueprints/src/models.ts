import type { Register } from '@gatehouse/directory';
import { brandModel } from './brand.model.js';
import type { Collection } from './collection.js';
import type { Contracts } from './compile.js';
import { DirectoryReferences } from './directory-references.js';
import type { Draft } from './draft.js';
import { bindingModel, flowModel } from './flow.model.js';
import { GroupCollection } from './group-collection.js';
import { InvitationCollection, type KeptInvitations } from './invitation-collection.js';
import { applicationModel, oauthProviderModel } from './oauth-provider.model.js';
import { ObjectCollection } from './object-collection.js';
import { isForeign, type ObjectModel } from './object-model.js';
import { policyBindingModel, policyModel } from './policy.model.js';
import { PythonCollection, type Syntax } from './python-collection.js';
import { remoteStageModel } from './remote-stage.model.js';
import { RemoteStageCollection } from './remote-stage-collection.js';
import { sourceModels } from './source.model.js';
import { partModel, stageModel } from './stage.model.js';
import type { Strangers } from './strangers.js';
import { TokenCollection } from './token-collection.js';
import { type Passwords, UserCollection } from './user-collection.js';

/** The models whose objects are kept as blueprint objects: flows, bindings, brands, OAuth clients, sources, those of each contract, and stages of others. */
export const objectModels = ({ stages, policies }: Contracts): ObjectModel[] => [
  flowModel,
  bindingModel,
  policyBindingModel,
  brandModel,
  oauthProviderModel,
  applicationModel,
  remoteStageModel,
  ...sourceModels,
  ...[...stages].map(([model, contract]) => stageModel(model, contract)),
  ...[...stages.values()].flatMap(({ parts }) => parts.map(partModel)),
  ...[...policies.values()].map(policyModel),
];

interface Owners {
  readonly draft: Draft;
  readonly register: Register;
  readonly invitations: KeptInvitations;
  readonly passwords: Passwords;
  readonly strangers: Strangers;
  readonly syntax: Syntax;
}

/** Every model of this installation, with where its objects are. */
export function collections(models: readonly ObjectModel[], owners: Owners) {
  const { draft, register, passwords, strangers } = owners;
  return new Map<string, Collection>([
    ...models.map((model) => [model.name, collectionOf(model, owners)] as const),
    [remoteStageModel.name, new RemoteStageCollection(draft, strangers)],
    ['authentik_core.user', new UserCollection(register, passwords) as Collection],
    ['authentik_core.group', new GroupCollection(register) as Collection],
    ['authentik_stages_invitation.invitation', new InvitationCollection(owners.invitations, draft) as Collection],
    ['authentik_core.token', new TokenCollection(register) as Collection],
  ]);
}

function collectionOf(model: ObjectModel, { draft, register, syntax }: Owners): Collection {
  const objects = new ObjectCollection(model, draft);
  if ([...model.references.values()].some(isForeign)) return new DirectoryReferences(objects, model, register);
  return model.python ? new PythonCollection(objects, draft, { fields: model.python, syntax }) : objects;
}

import type { DirectoryStore } from '@gatehouse/directory';
import { applicationModel } from './application.model.js';
import { brandModel } from './brand.model.js';
import type { Collection } from './collection.js';
import type { ModelContracts } from './compile.js';
import { DirectoryReferences } from './directory-references.js';
import type { Draft } from './draft.js';
import { externalStageModel } from './external-stage.model.js';
import { ExternalStageCollection, type ExternalStages } from './external-stage-collection.js';
import { bindingModel, flowModel } from './flow.model.js';
import { GroupCollection } from './group-collection.js';
import { InvitationCollection, type InvitationStore } from './invitation-collection.js';
import { oauthProviderModel } from './oauth-provider.model.js';
import { ObjectCollection } from './object-collection.js';
import { isDirectoryReference, type ObjectModel } from './object-model.js';
import { policyBindingModel, policyModel } from './policy.model.js';
import { proxyProviderModel } from './proxy-provider.model.js';
import { PythonCollection, type PythonSyntaxChecker } from './python-collection.js';
import { sourceModels } from './source.model.js';
import { relatedModel, stageModel } from './stage.model.js';
import { TokenCollection } from './token-collection.js';
import { type PasswordHashing, UserCollection } from './user-collection.js';

/**
 * Returns the models whose objects are stored as blueprint objects: flows, bindings, brands, providers, applications,
 * sources, external stages and the models of all contracts.
 */
export const objectModels = ({ stages, policies }: ModelContracts): ObjectModel[] => [
  flowModel,
  bindingModel,
  policyBindingModel,
  brandModel,
  oauthProviderModel,
  proxyProviderModel,
  applicationModel,
  externalStageModel,
  ...sourceModels,
  ...[...stages].map(([model, contract]) => stageModel(model, contract)),
  ...[...stages.values()].flatMap(({ related_models: parts }) => parts.map(relatedModel)),
  ...[...policies.values()].map(policyModel),
];

interface CollectionDependencies {
  readonly draft: Draft;
  readonly directory: DirectoryStore;
  readonly invitations: InvitationStore;
  readonly passwords: PasswordHashing;
  readonly externalStages: ExternalStages;
  readonly syntax: PythonSyntaxChecker;
}

/** Returns the collection of every supported model, by model name. */
export function collections(models: readonly ObjectModel[], dependencies: CollectionDependencies) {
  const { draft, directory, passwords, externalStages } = dependencies;
  return new Map<string, Collection>([
    ...models.map((model) => [model.name, collectionOf(model, dependencies)] as const),
    [externalStageModel.name, new ExternalStageCollection(draft, externalStages)],
    ['authentik_core.user', new UserCollection(directory, passwords) as Collection],
    ['authentik_core.group', new GroupCollection(directory) as Collection],
    ['authentik_stages_invitation.invitation', new InvitationCollection(dependencies.invitations, draft) as Collection],
    ['authentik_core.token', new TokenCollection(directory) as Collection],
  ]);
}

function collectionOf(model: ObjectModel, { draft, directory, syntax }: CollectionDependencies): Collection {
  const objects = new ObjectCollection(model, draft);
  if ([...model.references.values()].some(isDirectoryReference))
    return new DirectoryReferences(objects, model, directory);
  return model.python
    ? new PythonCollection(objects, draft, { model: model.name, fields: model.python, syntax })
    : objects;
}

import { type PolicyContract, seconds } from '@gatehouse/contracts';
import { type OauthClient, oauthClient } from '@gatehouse/plan';
import type { SecretBox } from '@gatehouse/platform';
import { BlueprintError } from './blueprint-error.js';
import type { Draft } from './draft.js';
import {
  applicationModel,
  applicationSchema,
  oauthProviderModel,
  oauthProviderSchema,
} from './oauth-provider.model.js';
import type { BlueprintObject } from './object-model.js';
import { PolicyBindings } from './policy-bindings.js';

interface CompileInput {
  readonly draft: Draft;
  readonly policies: ReadonlyMap<string, PolicyContract>;
  /** Seals the secrets of clients. */
  readonly vault: Pick<SecretBox, 'seal'>;
}

/** The clients of a draft as the gateway reads them: applications whose provider has a flow. */
export function compileOauthClients(sources: CompileInput): OauthClient[] {
  const conditions = new PolicyBindings(sources.draft, sources.policies);
  const applications = [...sources.draft.of(applicationModel.name)];
  const clients = applications.flatMap((application) => compiled(application, sources, conditions) ?? []);
  rejectDuplicateClients(clients);
  return clients.sort((a, b) => (a.client_id < b.client_id ? -1 : 1));
}

function compiled({ id, values }: BlueprintObject, { draft, vault }: CompileInput, conditions: PolicyBindings) {
  const { slug, name, provider, policy_engine_mode: mode } = applicationSchema.parse(values);
  const found = draft.get(provider ?? '');
  if (found?.model !== oauthProviderModel.name) return undefined;
  const { authorization_flow, access_code_validity, access_token_validity, client_secret, client_id, client_type } =
    oauthProviderSchema.parse(found.values);
  const flow = draft.get(authorization_flow ?? '')?.values['slug'];
  if (flow === undefined) return undefined;
  return oauthClient.parse({
    ...{ v: 1, id: found.id, client_id, client_type, flow, application: { uuid: id, slug, name } },
    client_secret: vault.seal({ object: found.id, field: 'client_secret' }, client_secret),
    code_lifetime_s: lifetimeOf(access_code_validity),
    token_lifetime_s: lifetimeOf(access_token_validity),
    access: conditions.setOf(id, mode),
    policies: conditions.policiesOf([id]),
  });
}

/** What is to last less than nothing is over at once. */
const lifetimeOf = (validity: string) => Math.max(0, seconds(validity));

/** A client is one application's. */
function rejectDuplicateClients(clients: readonly OauthClient[]): void {
  const known = new Map<string, OauthClient>();
  for (const client of clients) {
    const twin = known.get(client.client_id);
    const both = twin && `${twin.application.slug} and ${client.application.slug}`;
    if (both) throw new BlueprintError(`the applications ${both} have one client_id, ${client.client_id}`);
    known.set(client.client_id, client);
  }
}

import { type PolicyContract, seconds } from '@gatehouse/contracts';
import { type OauthClient, oauthClient } from '@gatehouse/plan';
import type { SecretBox } from '@gatehouse/platform';
import { applicationModel, applicationSchema, launchUrlIn } from './application.model.js';
import { BlueprintError } from './blueprint-error.js';
import type { Draft } from './draft.js';
import { frontchannelLogoutUri, oauthProviderModel, oauthProviderSchema } from './oauth-provider.model.js';
import type { BlueprintObject } from './object-model.js';
import { PolicyBindings } from './policy-bindings.js';
import { logoutUrisIn, redirectUrisIn } from './redirect-uris.js';

interface CompileInput {
  readonly draft: Draft;
  readonly policies: ReadonlyMap<string, PolicyContract>;
  /** Seals the secrets of clients. */
  readonly secretBox: Pick<SecretBox, 'seal'>;
}

/**
 * Returns the OAuth clients of a draft in the form that the gateway reads: the applications whose provider has a flow.
 */
export function compileOauthClients(sources: CompileInput): OauthClient[] {
  const policyBindings = new PolicyBindings(sources.draft, sources.policies);
  const applications = [...sources.draft.objectsOf(applicationModel.name)];
  const clients = applications.flatMap((application) => compiled(application, sources, policyBindings) ?? []);
  rejectDuplicateClients(clients);
  return clients.sort((a, b) => (a.client_id < b.client_id ? -1 : 1));
}

function compiled({ id, values }: BlueprintObject, { draft, secretBox }: CompileInput, policyBindings: PolicyBindings) {
  const applied = applicationSchema.parse(values);
  const { slug, name, provider, policy_engine_mode: mode } = applied;
  const providerObject = draft.get(provider ?? '');
  if (providerObject?.model !== oauthProviderModel.name) return undefined;
  const fields = oauthProviderSchema.parse(providerObject.values);
  const { access_code_validity, access_token_validity, client_secret, client_id, client_type } = fields;
  const slugOf = (flowId: string | null) => draft.get(flowId ?? '')?.values['slug'];
  const flow = slugOf(fields.authorization_flow);
  if (flow === undefined) return undefined;
  return oauthClient.parse({
    ...{ v: 1, id: providerObject.id, client_id, client_type, flow, application: { uuid: id, slug, name } },
    client_secret: secretBox.seal({ object: providerObject.id, field: 'client_secret' }, client_secret),
    authentication_flow: slugOf(fields.authentication_flow),
    invalidation_flow: slugOf(fields.invalidation_flow),
    launch_url: launchUrlIn(applied),
    redirect_uris: redirectUrisIn(fields.redirect_uris),
    logout_uris: logoutUrisIn(fields.redirect_uris),
    frontchannel_logout_uri: frontchannelLogoutUri(fields),
    authorization_details_types: fields.authorization_details_types,
    code_lifetime_s: lifetimeOf(access_code_validity),
    token_lifetime_s: lifetimeOf(access_token_validity),
    access: policyBindings.policySetOf(id, mode),
    policies: policyBindings.policiesOf([id]),
  });
}

/** Returns the lifetime in seconds. A negative validity counts as zero, so the token expires immediately. */
const lifetimeOf = (validity: string) => Math.max(0, seconds(validity));

/** Throws BlueprintError when the clients of two applications have the same `client_id`. */
function rejectDuplicateClients(clients: readonly OauthClient[]): void {
  const byClientId = new Map<string, OauthClient>();
  for (const client of clients) {
    const twin = byClientId.get(client.client_id);
    const applications = twin && `${twin.application.slug} and ${client.application.slug}`;
    if (applications)
      throw new BlueprintError(`the applications ${applications} have the same client_id ${client.client_id}`);
    byClientId.set(client.client_id, client);
  }
}

import { type PolicyContract, seconds } from '@gatehouse/contracts';
import { type ProxyApplication, proxyApplication } from '@gatehouse/plan';
import { applicationModel, applicationSchema, launchUrlIn } from './application.model.js';
import { BlueprintError } from './blueprint-error.js';
import type { Draft } from './draft.js';
import { bindingModel } from './flow.model.js';
import type { BlueprintObject } from './object-model.js';
import { PolicyBindings } from './policy-bindings.js';
import { originOf, proxyProviderModel, proxyProviderSchema } from './proxy-provider.model.js';

interface CompileInput {
  readonly draft: Draft;
  readonly policies: ReadonlyMap<string, PolicyContract>;
}

/**
 * Returns the sites behind forward auth in the form that the gateway reads: the applications with a proxy provider.
 * Throws BlueprintError when two applications have the same external host, or when a provider has an authorization flow
 * that would have to run.
 */
export function compileProxyApplications({ draft, policies }: CompileInput): ProxyApplication[] {
  const policyBindings = new PolicyBindings(draft, policies);
  const sites = [...draft.objectsOf(applicationModel.name)].flatMap(
    (application) => compiled(application, draft, policyBindings) ?? [],
  );
  rejectDuplicateHosts(sites);
  return sites.sort((a, b) => (a.origin < b.origin ? -1 : 1));
}

function compiled({ id, values }: BlueprintObject, draft: Draft, policyBindings: PolicyBindings) {
  const applied = applicationSchema.parse(values);
  const { slug, name, provider, policy_engine_mode: mode } = applied;
  const providerObject = draft.get(provider ?? '');
  if (providerObject?.model !== proxyProviderModel.name) return undefined;
  const settings = proxyProviderSchema.parse(providerObject.values);
  rejectAuthorizationFlow(draft, settings);
  return proxyApplication.parse({
    ...{
      v: 1,
      provider: settings.name,
      origin: originOf(settings.external_host),
      application: { uuid: id, slug, name },
    },
    launch_url: launchUrlIn(applied),
    login_flow: draft.get(settings.authentication_flow ?? '')?.values['slug'],
    session_lifetime_s: Math.max(0, seconds(settings.access_token_validity)),
    access: policyBindings.policySetOf(id, mode),
    policies: policyBindings.policiesOf([id]),
  });
}

/** Throws BlueprintError for an authorization flow with stages or policies, because forward auth would skip them. */
function rejectAuthorizationFlow(
  draft: Draft,
  { name, authorization_flow: flow }: { readonly name: string; readonly authorization_flow: string | null },
): void {
  const models = [bindingModel.name, 'authentik_policies.policybinding'];
  const isBound = models.some((model) => [...draft.objectsOf(model)].some(({ values }) => values['target'] === flow));
  if (flow === null || !isBound) return;
  const slug = String(draft.get(flow)?.values['slug']);
  throw new BlueprintError(
    `the proxy provider ${name} has the authorization flow ${slug}, which has stages or policies. Forward auth runs no authorization flow. Bind the policies to the application, and leave authorization_flow out`,
  );
}

function rejectDuplicateHosts(sites: readonly ProxyApplication[]): void {
  const byOrigin = new Map<string, ProxyApplication>();
  for (const site of sites) {
    const twin = byOrigin.get(site.origin);
    if (twin) {
      const slugs = `${twin.application.slug} and ${site.application.slug}`;
      throw new BlueprintError(`the applications ${slugs} have the same external_host ${site.origin}`);
    }
    byOrigin.set(site.origin, site);
  }
}

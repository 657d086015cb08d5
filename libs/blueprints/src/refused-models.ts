import { reasonToSkip, SKIPPABLE_MODELS } from './authentik-models.js';
import { BlueprintError } from './blueprint-error.js';
import { isMap, isTruthy, type Json } from './json.js';
import { suggestion } from './suggestion.js';

/**
 * The effects of the models of authentik that Gatehouse refuses, because a flow would behave differently without them.
 */
const EFFECTS: Readonly<Record<string, string>> = {
  'authentik_stages_mtls.mutualtlsstage': 'it lets only visitors with a client certificate pass',
  'authentik_endpoints.endpointstage': 'it lets only visitors at a managed device pass',
  'authentik_stages_authenticator_endpoint_gdtc.authenticatorendpointgdtcstage':
    'it lets only visitors at a device pass that Google manages',
  'authentik_endpoints_connectors_agent.agentconnector': 'endpoint stages ask its agent about the device',
  'authentik_endpoints_connectors_google_chrome.googlechromeconnector': 'endpoint stages ask Google about the device',
  'authentik_endpoints_connectors_fleet.fleetconnector': 'endpoint stages ask Fleet about the device',
  'authentik_sources_telegram.telegramsource': 'users log in with Telegram through it, and flows refer to it',
};

/** The models of authentik that are refused, because flows need them. */
export const REFUSED_MODELS: readonly string[] = Object.keys(EFFECTS);

/**
 * Returns the error for a model that is not supported. It says what a known model of authentik would do or why only a
 * strict run refuses it; for an unknown model, it names the most similar models.
 */
export const unsupportedModel = (model: string, supported: Iterable<string>): BlueprintError =>
  new BlueprintError(refusalOf(model, supported), {}, { code: 'unknown-model' });

function refusalOf(model: string, supported: Iterable<string>): string {
  const effect = Object.hasOwn(EFFECTS, model) ? EFFECTS[model] : undefined;
  if (effect !== undefined)
    return `the model ${model} of authentik is not supported, and no run skips it, because flows depend on it: ${effect}. Remove the entry and all references to it`;
  const reason = reasonToSkip(model);
  if (reason !== undefined)
    return `${model} is not a supported model. This run is strict and refuses it; other runs skip it: ${reason}`;
  return `${model} is not a supported model.${suggestion(model, [...supported, ...SKIPPABLE_MODELS], 'Models')}`;
}

/** The model of authentik's tenants, whose entries are skipped. */
export const TENANT = 'authentik_tenants.tenant';

/**
 * Throws BlueprintError if the flags of a tenant close applications without bindings to all users. In Gatehouse, such
 * applications are open to all users.
 */
export function rejectClosedApplications(flags: Json): void {
  const access = isMap(flags) ? (flags['core_default_app_access'] as Json | undefined) : undefined;
  if (access === undefined || isTruthy(access)) return;
  throw new BlueprintError(
    'core_default_app_access: false is not supported: an application without bindings is open to all users. Bind a group or a policy to each application, and remove the flag',
    { field: 'flags' },
    { code: 'invalid-value' },
  );
}

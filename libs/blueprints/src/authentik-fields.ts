/**
 * Fields of authentik (2024.8 to 2026.8) that Gatehouse does not have (docs/adr/0095). A field that is `harmless` only
 * adds something, so it is ignored. Without a field that is `essential`, an object would let more users pass, or would
 * not work, so the field is ignored only if its value is empty or false.
 */
interface MissingFields {
  readonly harmless?: readonly string[];
  readonly essential?: readonly string[];
}

const ofSources: MissingFields = {
  harmless: [
    ...['user_property_mappings', 'group_property_mappings', 'policy_engine_mode', 'pkce'],
    'authorization_code_auth_method',
  ],
};
const ofProviders = [
  ...['property_mappings', 'refresh_token_validity', 'jwks_sources'],
  ...['jwt_federation_sources', 'jwt_federation_providers'],
];

const missingFields: Readonly<Record<string, MissingFields>> = {
  'authentik_brands.brand': {
    harmless: [
      ...['default_application', 'web_certificate', 'client_certificates'],
      ...['branding_map_tiles', 'flow_request'],
    ],
  },
  'authentik_providers_oauth2.oauth2provider': {
    harmless: [
      ...[...ofProviders, 'refresh_token_threshold', 'include_claims_in_id_token', 'signing_key', 'encryption_key'],
      ...['sub_mode', 'issuer_mode'],
    ],
    essential: ['grant_types'],
  },
  'authentik_providers_proxy.proxyprovider': {
    harmless: [
      ...[
        ...ofProviders,
        'invalidation_flow',
        'internal_host',
        'internal_host_ssl_validation',
        'certificate',
        'skip_path_regex',
      ],
      ...['basic_auth_enabled', 'basic_auth_password_attribute', 'basic_auth_user_attribute'],
      ...['intercept_header_auth', 'cookie_domain'],
    ],
  },
  'authentik_core.application': {
    harmless: [
      ...['backchannel_providers', 'open_in_new_tab', 'group'],
      ...['meta_icon', 'meta_description', 'meta_publisher'],
    ],
  },
  'authentik_policies.policybinding': { essential: ['expires', 'expiring'] },
  'authentik_sources_oauth.oauthsource': ofSources,
  'authentik_sources_plex.plexsource': ofSources,
  'authentik_stages_identification.identificationstage': { harmless: ['template'] },
  'authentik_stages_authenticator_sms.authenticatorsmsstage': { essential: ['mapping'] },
  'authentik_stages_authenticator_webauthn.authenticatorwebauthnstage': { harmless: ['prevent_duplicate_devices'] },
  'authentik_stages_source.sourcestage': { harmless: ['resume_on_match_failures'] },
  'authentik_stages_prompt.prompt': { harmless: ['promptstage_set'] },
  'authentik_core.user': { harmless: ['last_login', 'roles'] },
  'authentik_core.group': { harmless: ['roles'] },
  'authentik_core.token': { harmless: ['managed'] },
};

/** The model names of stages that authentik ships. Each has the read-only list of the flows that it is bound to. */
const STAGE = /^authentik_stages_\w+\.\w+stage$/;

/** A field that authentik's model has, and Gatehouse's model does not. */
interface ListedField {
  readonly field: string;
  readonly kind: 'harmless' | 'essential';
}

/** Returns the listed fields of a model. */
export function listedFields(model: string): ListedField[] {
  const { harmless = [], essential = [] } = Object.hasOwn(missingFields, model) ? missingFields[model]! : {};
  return [
    ...[...harmless, ...(STAGE.test(model) ? ['flow_set'] : [])].map((field) => ({ field, kind: 'harmless' as const })),
    ...essential.map((field) => ({ field, kind: 'essential' as const })),
  ];
}

/** Returns what leaving out a field of authentik means, or undefined if authentik's model has no such field either. */
export const missingField = (model: string, field: string): ListedField['kind'] | undefined =>
  listedFields(model).find((listed) => listed.field === field)?.kind;

/** The models with listed fields. */
export const listedModels = (): string[] => Object.keys(missingFields);

const SIGNING = 'Gatehouse signs all tokens with the keys of JWT_SIGNING_KEYS';
const NO_LAUNCHER = 'Gatehouse has no page with applications';
const NO_MACHINES = 'Gatehouse gives no tokens to machines that log in with tokens of other issuers';
const NO_ROLES = 'Gatehouse has no roles; superusers are the members of superuser groups';
const NO_PROXYING = 'Gatehouse answers a proxy, and forwards no requests itself';
const NO_REFRESH = 'Gatehouse issues no refresh tokens';
const MAPPED = 'the profile and the groups of a source are mapped by the rules for its kind';

/**
 * Why Gatehouse can do without a field of authentik that it does not have, or what the field would do. Fields with the
 * same name have the same reason in all models.
 */
const REASONS: Readonly<Record<string, string>> = {
  // Brands.
  default_application: 'Gatehouse has no page that sends users to an application',
  web_certificate: 'the proxy in front of Gatehouse has the certificate',
  client_certificates: 'only the mutual TLS stage reads them, and a blueprint with that stage is refused',
  branding_map_tiles: 'Gatehouse draws no maps',
  flow_request: 'Gatehouse has no requests for access, so nobody gets access by one',
  // Providers and applications.
  invalidation_flow: 'the flow of the brand logs users out',
  property_mappings: 'tokens have the claims of the scopes that Gatehouse knows',
  refresh_token_validity: NO_REFRESH,
  refresh_token_threshold: NO_REFRESH,
  jwks_sources: NO_MACHINES,
  jwt_federation_sources: NO_MACHINES,
  jwt_federation_providers: NO_MACHINES,
  include_claims_in_id_token: 'the claims are in the ID token in any case',
  signing_key: SIGNING,
  encryption_key: 'tokens are signed and not encrypted',
  sub_mode: 'the subject is always made from the uuid of the user',
  issuer_mode: 'the issuer is always that of the application',
  grant_types: 'it says which grants the client may use',
  internal_host: NO_PROXYING,
  internal_host_ssl_validation: NO_PROXYING,
  certificate: NO_PROXYING,
  skip_path_regex: 'without the field, more paths need a login, not fewer',
  basic_auth_enabled: NO_PROXYING,
  basic_auth_password_attribute: NO_PROXYING,
  basic_auth_user_attribute: NO_PROXYING,
  intercept_header_auth: 'Gatehouse never takes the Authorization header of a visitor for a login',
  cookie_domain: 'only a mode that is refused reads it',
  backchannel_providers: 'no login needs the providers of a back channel',
  open_in_new_tab: NO_LAUNCHER,
  group: NO_LAUNCHER,
  meta_icon: NO_LAUNCHER,
  meta_description: NO_LAUNCHER,
  meta_publisher: NO_LAUNCHER,
  // Bindings.
  expires: 'the binding would apply for ever',
  expiring: 'the binding would apply for ever',
  // Sources.
  user_property_mappings: MAPPED,
  group_property_mappings: MAPPED,
  policy_engine_mode: 'no policies can be bound to a source',
  promoted: 'it only makes the button of the source larger',
  pkce: 'Gatehouse decides by the kind of the provider',
  authorization_code_auth_method: 'Gatehouse decides by the kind of the provider',
  // Stages.
  flow_set: 'the bindings say the same',
  template: 'authentik itself ignores it',
  mapping: 'it makes the request that sends the SMS',
  prevent_duplicate_devices: 'the browser refuses devices that the user has already',
  resume_on_match_failures: 'without it such a login is refused instead of continued',
  promptstage_set: 'the list of fields of a prompt stage says the same',
  // The directory.
  last_login: 'Gatehouse keeps the time of its own logins',
  roles: NO_ROLES,
  managed: 'it only says which part of authentik made the object',
};

/** Returns why a listed field of authentik can be left out, or what it would do. Undefined for any other field. */
export const reasonOf = (field: string): string | undefined =>
  Object.hasOwn(REASONS, field) ? REASONS[field] : undefined;

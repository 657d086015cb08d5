const NO_ROLES = 'Gatehouse has no roles; superusers are the members of superuser groups';
const OWN_EVENTS = 'Gatehouse sends its own events to its own webhooks';
const NO_OUTPOSTS = 'Gatehouse has no outposts';
const NOT_SERVED = 'Gatehouse serves no applications of this kind';
const MAPPING = 'only providers and sources that Gatehouse does not have use the mapping';
const MAPPED = 'the profile and the groups of a source are mapped by the rules for its kind';
const NO_SUCH_LOGIN = 'no user logs in with a source of this kind';
const LINKED = 'accounts are linked by logins with the source, or imported';
const ONE_TENANT = 'an installation of Gatehouse has one tenant';
const NO_REQUESTS = 'Gatehouse has no requests for access, so nobody gets access by one';
const NO_REVIEWS = 'Gatehouse asks nobody to review the access of users';

/**
 * Why no login needs a model of authentik (2024.8 to 2026.8) that Gatehouse does not have. Stages and policies are not
 * listed, because a flow would behave differently without them (docs/adr/0095).
 */
const REASONS: Readonly<Record<string, string>> = {
  'authentik_blueprints.blueprintinstance': 'the commands name the files to apply',
  'authentik_core.applicationentitlement': 'applications get the groups of a user instead',
  'authentik_crypto.certificatekeypair':
    'Gatehouse signs with the keys of JWT_SIGNING_KEYS, and the proxy in front of it has the certificates',
  'authentik_enterprise.license': 'Gatehouse needs no licence',
  'authentik_events.event': OWN_EVENTS,
  'authentik_events.notification': OWN_EVENTS,
  'authentik_events.notificationrule': OWN_EVENTS,
  'authentik_events.notificationtransport': OWN_EVENTS,
  'authentik_events.notificationwebhookmapping': OWN_EVENTS,
  'authentik_lifecycle.lifecycleiteration': NO_REVIEWS,
  'authentik_lifecycle.lifecyclerule': NO_REVIEWS,
  'authentik_lifecycle.review': NO_REVIEWS,
  'authentik_outposts.dockerserviceconnection': NO_OUTPOSTS,
  'authentik_outposts.kubernetesserviceconnection': NO_OUTPOSTS,
  'authentik_outposts.outpost': NO_OUTPOSTS,
  'authentik_providers_google_workspace.googleworkspaceprovider': NOT_SERVED,
  'authentik_providers_google_workspace.googleworkspaceprovidermapping': MAPPING,
  'authentik_providers_ldap.ldapprovider': NOT_SERVED,
  'authentik_providers_microsoft_entra.microsoftentraprovider': NOT_SERVED,
  'authentik_providers_microsoft_entra.microsoftentraprovidermapping': MAPPING,
  'authentik_providers_oauth2.oauth2dynamicclientregistration': 'clients cannot register themselves',
  'authentik_providers_oauth2.scopemapping': 'tokens have the claims of the scopes that Gatehouse knows',
  'authentik_providers_rac.endpoint': NOT_SERVED,
  'authentik_providers_rac.racpropertymapping': MAPPING,
  'authentik_providers_rac.racprovider': NOT_SERVED,
  'authentik_providers_radius.radiusprovider': NOT_SERVED,
  'authentik_providers_radius.radiusproviderpropertymapping': MAPPING,
  'authentik_providers_saml.samlpropertymapping': MAPPING,
  'authentik_providers_saml.samlprovider': NOT_SERVED,
  'authentik_providers_scim.scimmapping': MAPPING,
  'authentik_providers_scim.scimprovider': NOT_SERVED,
  'authentik_providers_ssf.ssfprovider': NOT_SERVED,
  'authentik_providers_ws_federation.wsfederationprovider': NOT_SERVED,
  'authentik_rbac.initialpermissions': NO_ROLES,
  'authentik_rbac.role': NO_ROLES,
  'authentik_reports.dataexport': 'Gatehouse makes no reports',
  'authentik_requests.grantrequest': NO_REQUESTS,
  'authentik_requests.requestrule': NO_REQUESTS,
  'authentik_requests.requestrulebinding': NO_REQUESTS,
  'authentik_requests.requestrulechildbinding': NO_REQUESTS,
  'authentik_sources_kerberos.groupkerberossourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_kerberos.kerberossource': NO_SUCH_LOGIN,
  'authentik_sources_kerberos.kerberossourcepropertymapping': MAPPING,
  'authentik_sources_kerberos.userkerberossourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_ldap.groupldapsourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_ldap.ldapsource': NO_SUCH_LOGIN,
  'authentik_sources_ldap.ldapsourcepropertymapping': MAPPING,
  'authentik_sources_ldap.userldapsourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_oauth.groupoauthsourceconnection': LINKED,
  'authentik_sources_oauth.oauthsourcepropertymapping': MAPPED,
  'authentik_sources_oauth.useroauthsourceconnection': LINKED,
  'authentik_sources_plex.groupplexsourceconnection': LINKED,
  'authentik_sources_plex.plexsourcepropertymapping': MAPPED,
  'authentik_sources_plex.userplexsourceconnection': LINKED,
  'authentik_sources_saml.groupsamlsourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_saml.samlsource': NO_SUCH_LOGIN,
  'authentik_sources_saml.samlsourcepropertymapping': MAPPING,
  'authentik_sources_saml.usersamlsourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_scim.scimsource': NO_SUCH_LOGIN,
  'authentik_sources_scim.scimsourcepropertymapping': MAPPING,
  'authentik_sources_telegram.grouptelegramsourceconnection': NO_SUCH_LOGIN,
  'authentik_sources_telegram.telegramsourcepropertymapping': MAPPING,
  'authentik_sources_telegram.usertelegramsourceconnection': NO_SUCH_LOGIN,
  'authentik_tasks_schedules.schedule': 'Gatehouse schedules its tasks itself',
  'authentik_tenants.domain': ONE_TENANT,
  'authentik_tenants.tenant': ONE_TENANT,
};

/** The models of authentik whose entries are skipped. */
export const SKIPPABLE_MODELS: readonly string[] = Object.keys(REASONS);

/** Returns why the entries of a listed model can be skipped. Undefined for any other model. */
export const reasonToSkip = (model: string): string | undefined =>
  Object.hasOwn(REASONS, model) ? REASONS[model] : undefined;

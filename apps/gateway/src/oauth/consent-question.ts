import type { AuthorizationRequest, PlanContext, Translate } from '@gatehouse/contracts';
import type { OauthClient } from '@gatehouse/plan';
import { CONSENT_HEADER_OF_NAME, SUPPORTED_SCOPES } from './authorization-start.js';

/** The header and the permissions that a consent shows. */
interface ConsentQuestion {
  readonly header: string;
  readonly permissions: NonNullable<PlanContext['consent_permissions']>;
}

/**
 * Returns the consent of a request. If the client asks on behalf of another application, the consent names that
 * application and its scopes. The ids of the permissions then begin with the id of that application. Gatehouse stores a
 * consent for the client, and a consent for one application must not count for another.
 */
export function consentOf(
  { application }: OauthClient,
  { scopes, consent }: Pick<AuthorizationRequest, 'scopes' | 'consent'>,
  translate: Translate,
): ConsentQuestion {
  const prefix = consent === undefined ? '' : `${encodeURIComponent(consent.client.id)}/`;
  const own = scopes.map((id) => ({ id: prefix + id, name: translate(SUPPORTED_SCOPES[id]!) }));
  const known = new Set(own.map(({ id }) => id));
  const further = (consent?.scopes ?? []).map(({ id, name }) => ({ id: prefix + id, name }));
  return {
    header: translate(CONSENT_HEADER_OF_NAME.text, { name: consent?.client.name ?? application.name }),
    permissions: [...own, ...further.filter(({ id }) => !known.has(id))],
  };
}

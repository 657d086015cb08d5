import { defineStage, IFRAME_LOGOUT_KIND, IFRAME_SESSIONS, iframeSession } from '@gatehouse/contracts';
import { z } from 'zod';

const logoutUrl = z
  .object({
    url: z.string(),
    provider_name: z.string().nullable().optional(),
    binding: z.string().nullable().optional(),
    saml_request: z.string().nullable().optional(),
    saml_response: z.string().nullable().optional(),
    saml_relay_state: z.string().nullable().optional(),
  })
  .meta({ id: 'LogoutURL', description: 'A URL that logs the visitor out of an application.' });

/**
 * Contract of the stage that notifies applications of a logout. Blueprints cannot bind it; the user logout stage and
 * the end-session endpoint insert it (docs/spec/stages.md#iframe-logout).
 */
export const iframeLogoutContract = defineStage({
  kind: IFRAME_LOGOUT_KIND,
  component: 'ak-provider-iframe-logout',
  model: undefined,
  api_version: '2026.8',
  service: 'session',
  preview: {},
  config: z.object({}),
  challenge: z
    .object({ logout_urls: z.array(logoutUrl).optional() })
    .meta({ id: 'IframeLogoutChallenge', description: 'URLs that the browser opens in hidden frames.' }),
  response: z
    .object({})
    .meta({ id: 'IframeLogoutChallengeResponseRequest', description: 'The frames were opened. Has no fields.' }),
  state: z.object({ sessions: z.array(iframeSession) }),
  reads: { [IFRAME_SESSIONS]: 'optional' },
  writes: [IFRAME_SESSIONS],
  personal_fields: [],
});

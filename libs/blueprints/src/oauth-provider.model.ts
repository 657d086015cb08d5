import { randomBytes } from 'node:crypto';
import { CONSENT_DETAIL, char, choice, duration, reference, referencesOf, secret } from '@gatehouse/contracts';
import { CLIENT_TYPES } from '@gatehouse/plan';
import { z } from 'zod';
import { PROVIDER_KIND } from './application.model.js';
import type { ObjectModel } from './object-model.js';
import { redirectUris, uriProblem } from './redirect-uris.js';

/**
 * Largest length of a logout URI, in characters. Limited because the Content-Security-Policy of a logout page names its
 * origin.
 */
const MAX_LOGOUT_URI = 500;

/** How an application is notified of a logout. */
const LOGOUT_METHODS = ['backchannel', 'frontchannel'] as const;

const logoutUri = () =>
  char({ allowBlank: true, maxLength: MAX_LOGOUT_URI }).superRefine((uri, context) => {
    const problem = uri === '' ? undefined : uriProblem(uri);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `The address ${problem}.` });
  });

/**
 * An OAuth client. Supports only the fields that device codes and authorization codes need
 * (docs/spec/blueprints.md#oauth-provider).
 */
export const oauthProviderSchema = z.object({
  name: char().describe('Unique name of the provider.'),
  client_id: char({ maxLength: 255 })
    .default(() => randomBytes(20).toString('hex'))
    .describe('Id of the client. Absent: a random one.'),
  client_type: choice(CLIENT_TYPES).default('confidential').describe('Whether the client can keep a secret.'),
  client_secret: secret(char({ allowBlank: true, maxLength: 255 }).default('')).describe(
    'Secret of a confidential client.',
  ),
  authorization_flow: reference('flow').describe('Flow that asks for the consent of a logged-in user.'),
  authentication_flow: reference('flow')
    .describe('Flow in which anonymous visitors log in. Null: that of the brand.')
    .meta({ since: '1.0.0' }),
  invalidation_flow: reference('flow')
    .describe('Flow in which visitors log out of the application, with API_VERSION=2026.8. Null: that of the brand.')
    .meta({ since: '1.0.0' }),
  redirect_uris: redirectUris()
    .default('')
    .describe('Addresses that may get an authorization code: a text with one address on each line, or a list.')
    .meta({ since: '1.0.0' }),
  logout_uri: logoutUri()
    .default('')
    .describe('Address that the browser opens at a logout, with API_VERSION=2026.8 and the method frontchannel.')
    .meta({ since: '1.0.0' }),
  logout_method: choice(LOGOUT_METHODS)
    .default('backchannel')
    .describe('How the application is notified of a logout. Gatehouse sends no back-channel logouts.')
    .meta({ since: '1.0.0' }),
  /** Types of `authorization_details` that the client may send (RFC 9396 §10). */
  authorization_details_types: z
    .array(choice([CONSENT_DETAIL]))
    .default([])
    .describe('Types of authorization details that the client may send.')
    .meta({ since: '1.0.0' }),
  access_code_validity: duration('minutes=1').describe('Lifetime of an authorization code.'),
  access_token_validity: duration('hours=1').describe('Lifetime of an access token.'),
});

/** The model of OAuth providers, which are unique by name. Blueprints of authentik may identify them by number. */
export const oauthProviderModel: ObjectModel = {
  name: 'authentik_providers_oauth2.oauth2provider',
  kind: PROVIDER_KIND,
  key: ['name'],
  numbered: true,
  schema: oauthProviderSchema,
  references: referencesOf(oauthProviderSchema),
  parents: [],
  ignores: ({ logout_uri: uri, logout_method: method = 'backchannel' }) =>
    typeof uri === 'string' && uri.trim() !== '' && method === 'backchannel'
      ? {
          logout_uri:
            'Gatehouse sends no back-channel logouts. Set logout_method to frontchannel, or use a receiver of security events',
        }
      : {},
};

/** Returns the address that the browser opens when a session that has signed in to the client logs out. */
export const frontchannelLogoutUri = ({
  logout_uri: uri,
  logout_method: method,
}: z.output<typeof oauthProviderSchema>): string | undefined =>
  method === 'frontchannel' && uri !== '' ? uri : undefined;

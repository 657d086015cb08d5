import { randomBytes } from 'node:crypto';
import { CONSENT_DETAIL, char, choice, duration, reference, referencesOf, secret } from '@gatehouse/contracts';
import { CLIENT_TYPES } from '@gatehouse/plan';
import { z } from 'zod';
import { PROVIDER_KIND } from './application.model.js';
import type { ObjectModel } from './object-model.js';
import { redirectUris } from './redirect-uris.js';

/**
 * An OAuth client. Supports only the fields that device codes and authorization codes need
 * (docs/spec/blueprints.md#oauth-provider).
 */
export const oauthProviderSchema = z.object({
  name: char(),
  client_id: char({ maxLength: 255 }).default(() => randomBytes(20).toString('hex')),
  client_type: choice(CLIENT_TYPES).default('confidential'),
  client_secret: secret(char({ allowBlank: true, maxLength: 255 }).default('')),
  authorization_flow: reference('flow'),
  authentication_flow: reference('flow'),
  redirect_uris: redirectUris().default(''),
  /** Types of `authorization_details` that the client may send (RFC 9396 §10). */
  authorization_details_types: z.array(choice([CONSENT_DETAIL])).default([]),
  access_code_validity: duration('minutes=1'),
  access_token_validity: duration('hours=1'),
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
};

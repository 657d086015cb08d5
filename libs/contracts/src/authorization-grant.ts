import { z } from 'zod';
import { ACR_VALUES } from './authentication-requirement.js';
import { deviceClient, grantingUser, MAX_DEVICE_SECRET_LENGTH } from './device-grant.js';

/**
 * Messages between the gateway's OAuth endpoints and the service `consent`, which stores pushed authorization requests
 * (RFC 9126) and authorization codes. They contain references and codes as plain text. Neither side logs these, and the
 * service stores only their hashes.
 */

/** Type of `authorization_details` (RFC 9396) by which a client asks for a consent for another application. */
export const CONSENT_DETAIL = 'urn:gatehouse:consent';

/** The application and the scopes for which a client that is itself an authorization server asks for a consent. */
export const consentDetail = z.strictObject({
  type: z.literal(CONSENT_DETAIL),
  client: z.strictObject({ id: z.string().min(1), name: z.string().min(1) }),
  scopes: z.array(z.strictObject({ id: z.string().min(1), name: z.string().min(1) })).readonly(),
});
export type ConsentDetail = z.output<typeof consentDetail>;

/** The values of `prompt` (OpenID Connect Core §3.1.2.1). */
export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const;
export type Prompt = (typeof PROMPTS)[number];

/** A pushed authorization request, as the gateway has checked it. */
export const authorizationRequest = deviceClient.extend({
  /** The issuer, which the response names (RFC 9207). */
  issuer: z.string(),
  redirect_uri: z.string(),
  state: z.string().optional(),
  nonce: z.string().optional(),
  /** The S256 challenge (RFC 7636). */
  code_challenge: z.string(),
  prompts: z.array(z.enum(PROMPTS)).readonly(),
  /** Largest age of the login in seconds. */
  max_age: z.int().nonnegative().optional(),
  /** The accepted authentication contexts, the preferred one first. Absent in requests of an older gateway. */
  acr_values: z.array(z.enum(ACR_VALUES)).readonly().default([]),
  consent: consentDetail.optional(),
  /** uuid of the user in the `id_token_hint`. Only this user may sign in. */
  hinted_user: z.string().optional(),
  /** User name with which the login page is filled in. */
  login_hint: z.string().optional(),
  /** Language that the client asks for: the first supported one of `ui_locales`. */
  ui_locale: z.string().optional(),
  /** Lifetime of the authorization code in seconds. */
  code_lifetime_s: z.number().nonnegative(),
});
export type AuthorizationRequest = z.output<typeof authorizationRequest>;

/** How and when the user of a session logged in, as claims of the ID token. */
export const sessionAuthentication = z.object({
  /** Seconds since 1970. */
  auth_time: z.int(),
  acr: z.string(),
  amr: z.array(z.string()).readonly(),
  sid: z.string(),
});
export type SessionAuthentication = z.output<typeof sessionAuthentication>;

/** A stored authorization request that the user has not answered yet. */
const pendingAuthorization = authorizationRequest.extend({
  id: z.uuid(),
  /** When it was pushed, in seconds since 1970. */
  created_at: z.number(),
});
export type PendingAuthorization = z.output<typeof pendingAuthorization>;

const redeemed = authorizationRequest.extend({
  access_token: z.string(),
  user: grantingUser,
  authentication: sessionAuthentication,
});
export type RedeemedAuthorization = z.output<typeof redeemed>;

const requestFields = { v: z.literal(1), timeout_ms: z.number() };
const secretText = z.string().min(1).max(MAX_DEVICE_SECRET_LENGTH);

/** The operations with their subjects, requests and replies. */
export const authorizationOperations = {
  /**
   * Stores a request. Returns the reference that a browser sends for it (`request_uri`). Null if the client already has
   * `max_waiting` unanswered requests.
   */
  push: {
    subject: 'authorization.push',
    request: z.object({
      ...requestFields,
      request: authorizationRequest,
      lifetime_s: z.number().positive(),
      max_waiting: z.int().positive(),
    }),
    reply: z.object({ reference: z.string().nullable() }),
  },
  /** Returns an unanswered request of a client. Null if it is unknown, used or expired. */
  find: {
    subject: 'authorization.find',
    request: z.object({ ...requestFields, reference: secretText, client_id: z.string() }),
    reply: z.object({ pending: pendingAuthorization.nullable() }),
  },
  /** Deletes an unanswered request and returns it. Null if it was deleted before. */
  refuse: {
    subject: 'authorization.refuse',
    request: z.object({ ...requestFields, id: z.uuid() }),
    reply: z.object({ refused: authorizationRequest.nullable() }),
  },
  /**
   * Exchanges a code for an access token, once. Null if client, redirect URI or code challenge differ, or the code has
   * expired.
   */
  redeem: {
    subject: 'authorization.redeem',
    request: z.object({
      ...requestFields,
      code: secretText,
      client_id: z.string(),
      redirect_uri: z.string(),
      code_challenge: z.string(),
      lifetime_s: z.number().nonnegative(),
    }),
    reply: z.object({ redeemed: redeemed.nullable() }),
  },
} as const;
export type AuthorizationOperation = keyof typeof authorizationOperations;
export type AuthorizationMessage<E extends AuthorizationOperation> = z.output<
  (typeof authorizationOperations)[E]['request']
>;
export type AuthorizationReply<E extends AuthorizationOperation> = z.output<
  (typeof authorizationOperations)[E]['reply']
>;

/** NATS queue group of these operations. */
export const AUTHORIZATION_QUEUE = 'authorization';

/** Kind of the stage that the gateway adds at the end of an authorization flow to issue the code. */
export const AUTHORIZATION_CODE_KIND = 'authorization_code';

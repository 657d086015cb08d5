import { z } from 'zod';

/**
 * Messages between the gateway's OAuth endpoints and the service `consent`, which stores device codes and their tokens
 * (RFC 8628). They contain codes and tokens as plain text. Neither side logs these, and the service stores only their
 * hashes.
 */

/** Number of digits of a user code. */
export const USER_CODE_DIGITS = 9;
/** Largest length of a device code or a token. */
export const MAX_DEVICE_SECRET_LENGTH = 256;
/** Seconds between two polls at the beginning, and seconds that each `slow_down` adds (RFC 8628 §3.5). */
export const POLL_INTERVAL_S = 5;

const requestFields = { v: z.literal(1), timeout_ms: z.number() };
const secretText = z.string().min(1).max(MAX_DEVICE_SECRET_LENGTH);
/** The user code, which the device shows and the visitor types in. */
export const userCode = z.string().regex(new RegExp(`^\\d{${USER_CODE_DIGITS}}$`));
const lifetime = z.number().nonnegative();
const scopes = z.array(z.string()).readonly();

/** An OAuth client, its application and the requested scopes. */
export const deviceClient = z.object({ client_id: z.string(), application: z.uuid(), scopes });
export type DeviceClient = z.output<typeof deviceClient>;

/** The user who approved the device, with the user's epoch at the approval. */
export const grantingUser = z.object({ uuid: z.uuid(), epoch: z.int() });

/** A device code that a user has claimed by its user code. */
export const claimedCode = deviceClient.extend({ id: z.uuid() });
export type ClaimedCode = z.output<typeof claimedCode>;

/** The client and the user of a token. */
const granted = deviceClient.extend({ user: grantingUser });
export type DeviceToken = z.output<typeof granted>;

/** Errors of the token endpoint (RFC 8628 §3.5). */
const REDEMPTION_ERRORS = [
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'invalid_grant',
] as const;

/** The operations with their subjects, requests and replies. */
export const deviceOperations = {
  /** Issues a device code and a user code. */
  issue: {
    subject: 'device_code.issue',
    request: z.object({ ...requestFields, client: deviceClient, lifetime_s: lifetime }),
    reply: z.object({ device_code: z.string(), user_code: z.string(), interval: z.int() }),
  },
  /**
   * Claims a user code for the first user who enters the code, so that only this user can approve or refuse it. Returns
   * null to other users, and for an unknown code.
   */
  claim: {
    subject: 'device_code.claim',
    request: z.object({ ...requestFields, user_code: userCode, user: z.uuid() }),
    reply: z.object({ claimed: claimedCode.nullable() }),
  },
  /**
   * Refuses the code `id` that a user has claimed and not approved. Without `id`, which gateways before 1.0 do not
   * send, refuses all such codes.
   */
  refuse: {
    subject: 'device_code.refuse',
    request: z.object({ ...requestFields, user: z.uuid(), id: z.uuid().optional() }),
    reply: z.object({ refused: z.int() }),
  },
  /** Exchanges a device code for a token, once. */
  redeem: {
    subject: 'device_code.redeem',
    request: z.object({ ...requestFields, device_code: secretText, client_id: z.string(), lifetime_s: lifetime }),
    reply: z.union([granted.extend({ access_token: z.string() }), z.object({ error: z.enum(REDEMPTION_ERRORS) })]),
  },
  /** Returns the client and the user of a token. Null for an unknown or expired token. */
  find_token: {
    subject: 'device_code.find_token',
    request: z.object({ ...requestFields, access_token: secretText }),
    reply: z.object({ granted: granted.nullable() }),
  },
} as const;
export type DeviceOperation = keyof typeof deviceOperations;
export type DeviceRequest<E extends DeviceOperation> = z.output<(typeof deviceOperations)[E]['request']>;
export type DeviceReply<E extends DeviceOperation> = z.output<(typeof deviceOperations)[E]['reply']>;

/** NATS queue group of these operations. */
export const DEVICE_QUEUE = 'device_code';

/**
 * Kinds of the stages that the gateway adds at the end of a flow to authorize a device. `device_code` asks for the user
 * code in the brand's device code flow. `device_code_finish` approves the device in the authorization flow of the OAuth
 * client.
 */
export const DEVICE_CODE_KIND = 'device_code';
export const DEVICE_CODE_FINISH_KIND = 'device_code_finish';

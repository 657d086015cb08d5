import { z } from 'zod';

/**
 * What the gateway's OAuth endpoints ask of the service that keeps the codes of devices and the tokens they are given
 * (RFC 8628). Codes and tokens stand in messages alone: neither side keeps or logs them as they are.
 */

/** Digits of the code that a person reads off a device. */
export const USER_CODE_DIGITS = 9;
/** Characters of a code or a token that are looked at. */
export const MAX_DEVICE_SECRET_LENGTH = 256;
/** Seconds that a device waits between two polls, to begin with; and that it waits longer each time it comes too early. */
export const POLL_INTERVAL_S = 5;

const requestFields = { v: z.literal(1), timeout_ms: z.number() };
const secretText = z.string().min(1).max(MAX_DEVICE_SECRET_LENGTH);
/** The code that a person reads off a device. */
export const userCode = z.string().regex(new RegExp(`^\\d{${USER_CODE_DIGITS}}$`));
const lifetime = z.number().nonnegative();
const scopes = z.array(z.string()).readonly();

/** Which application a client is, and what it asks for. */
export const deviceClient = z.object({ client_id: z.string(), application: z.uuid(), scopes });
export type DeviceClient = z.output<typeof deviceClient>;

/** Somebody as they were when they said yes. */
const grantingUser = z.object({ uuid: z.uuid(), epoch: z.int() });

/** A device's code that one person has shown to know. */
export const claimedCode = deviceClient.extend({ id: z.uuid() });
export type ClaimedCode = z.output<typeof claimedCode>;

/** What a token stands for. */
const granted = deviceClient.extend({ user: grantingUser });
export type DeviceToken = z.output<typeof granted>;

/** Why a device has no token (RFC 8628 §3.5). */
const REDEMPTION_ERRORS = [
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'invalid_grant',
] as const;

/** What can be asked, by subject, and what is answered. */
export const deviceOperations = {
  /** Codes for a device. */
  issue: {
    subject: 'device_code.issue',
    request: z.object({ ...requestFields, client: deviceClient, lifetime_s: lifetime }),
    reply: z.object({ device_code: z.string(), user_code: z.string(), interval: z.int() }),
  },
  /** Whoever is first to show a user code may decide about it, nobody else: null for them, and where there is no such code. */
  claim: {
    subject: 'device_code.claim',
    request: z.object({ ...requestFields, user_code: userCode, user: z.uuid() }),
    reply: z.object({ claimed: claimedCode.nullable() }),
  },
  /** Refuses what somebody has claimed and not approved: one device's, or all. */
  refuse: {
    subject: 'device_code.refuse',
    request: z.object({ ...requestFields, user: z.uuid(), id: z.uuid().optional() }),
    reply: z.object({ refused: z.int() }),
  },
  /** A token for the device code, once. */
  redeem: {
    subject: 'device_code.redeem',
    request: z.object({ ...requestFields, device_code: secretText, client_id: z.string(), lifetime_s: lifetime }),
    reply: z.union([granted.extend({ access_token: z.string() }), z.object({ error: z.enum(REDEMPTION_ERRORS) })]),
  },
  /** What a token stands for; null when it is none, or has expired. */
  find_token: {
    subject: 'device_code.find_token',
    request: z.object({ ...requestFields, access_token: secretText }),
    reply: z.object({ granted: granted.nullable() }),
  },
} as const;
export type DeviceOperation = keyof typeof deviceOperations;
export type DeviceRequest<E extends DeviceOperation> = z.output<(typeof deviceOperations)[E]['request']>;
export type DeviceReply<E extends DeviceOperation> = z.output<(typeof deviceOperations)[E]['reply']>;

/** The queue group of whoever serves them. */
export const DEVICE_QUEUE = 'device_code';

/** The steps that the gateway puts into plans for devices: one takes the code, one lets the device in. */
export const DEVICE_CODE_KIND = 'device_code';
export const DEVICE_CODE_FINISH_KIND = 'device_code_finish';

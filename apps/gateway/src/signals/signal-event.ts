import { findUnstorableCharacter } from '@gatehouse/contracts';
import { z } from 'zod';
import { SignalError } from './signal-error.js';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type';
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

/**
 * The effect of an event on the user: the user's sessions end, or the user is also deactivated, if the transmitter may
 * do that.
 */
export type SignalEffect = 'end_sessions' | 'deactivate';

interface EventType {
  readonly uri: string;
  /** Returns the effect; undefined for an event that needs none. */
  readonly effectOf: (claims: unknown) => SignalEffect | undefined;
}

const endsSessions = (uri: string): EventType => ({ uri, effectOf: () => 'end_sessions' });
const deactivates = (uri: string): EventType => ({ uri, effectOf: () => 'deactivate' });

/** The claims of CAEP 1.0 §3.3.1 that say what has happened to a credential. */
const credentialChange = z.object({
  credential_type: z.string(),
  change_type: z.enum(['create', 'revoke', 'update', 'delete']),
});

/** The events that have an effect, by the last part of their type (CAEP 1.0 §3, RISC 1.0 §2). */
const EVENT_TYPES = {
  'session-revoked': endsSessions(`${CAEP}/session-revoked`),
  'credential-change': {
    uri: `${CAEP}/credential-change`,
    effectOf: (claims) => (credentialChange.parse(claims).change_type === 'create' ? undefined : 'end_sessions'),
  },
  'account-credential-change-required': endsSessions(`${RISC}/account-credential-change-required`),
  'credential-compromise': endsSessions(`${RISC}/credential-compromise`),
  'sessions-revoked': endsSessions(`${RISC}/sessions-revoked`),
  'account-disabled': deactivates(`${RISC}/account-disabled`),
  'account-purged': deactivates(`${RISC}/account-purged`),
} as const satisfies Readonly<Record<string, EventType>>;

export type EventName = keyof typeof EVENT_TYPES;
export const EVENT_NAMES = Object.keys(EVENT_TYPES) as EventName[];

const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => findUnstorableCharacter(value) === undefined);

/** Identifiers of a user (RFC 9493 §3.2). A receiver need not know other formats. */
const userIdentifier = z.discriminatedUnion('format', [
  z.object({ format: z.literal('iss_sub'), iss: text(2048), sub: text(255) }),
  z.object({ format: z.literal('email'), email: text(254) }),
  z.object({ format: z.literal('opaque'), id: text(255) }),
]);
export type UserIdentifier = z.output<typeof userIdentifier>;
const USER_FORMATS = ['iss_sub', 'email', 'opaque'];

const identifier = z.looseObject({ format: z.string(), user: z.looseObject({ format: z.string() }).optional() });
const payload = z.looseObject({
  sub_id: identifier,
  events: z
    .record(z.string(), z.looseObject({}))
    .refine((events) => Object.keys(events).length === 1, 'must have one event'),
});

/** A security event of a verified token. */
export interface SignalEvent {
  /** URI of the event type. */
  readonly type: string;
  readonly effect?: SignalEffect | undefined;
  /** The user whom the event is about; undefined for another subject, and for a format that Gatehouse does not know. */
  readonly subject?: UserIdentifier | undefined;
  /** Whether the event only tests the stream (Shared Signals Framework 1.0 §8.1.4). */
  readonly isVerification: boolean;
}

/** Returns the event in the claims of a token. Throws SignalError `invalid_request` if the claims do not fit. */
export function signalEventIn(claims: unknown, accepted: ReadonlySet<EventName>): SignalEvent {
  try {
    const { sub_id, events } = payload.parse(claims);
    const [[type, content] = ['', {}]] = Object.entries(events);
    const name = EVENT_NAMES.find((one) => EVENT_TYPES[one].uri === type);
    const effect = name && EVENT_TYPES[name].effectOf(content);
    return {
      ...{ type, isVerification: type === VERIFICATION, subject: userIn(sub_id) },
      effect: name && accepted.has(name) ? effect : undefined,
    };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [{ path, message } = { path: [], message: '' }] = error.issues;
    throw new SignalError('invalid_request', `The claims of the event are invalid: ${path.join('.')} ${message}`);
  }
}

/** Returns the user in a subject, also in a complex one (Shared Signals Framework 1.0 §3.3). */
function userIn(subject: z.output<typeof identifier>): UserIdentifier | undefined {
  const user = subject.format === 'complex' ? subject.user : subject;
  return user && USER_FORMATS.includes(user.format) ? userIdentifier.parse(user) : undefined;
}

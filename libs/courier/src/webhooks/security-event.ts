import { createHash, randomUUID } from 'node:crypto';
import type { EventBody } from '@gatehouse/outbox';
import { SIGNING_ALGORITHM, type SigningKeys } from '@gatehouse/platform';
import { type JWTPayload, SignJWT } from 'jose';

/** Content type of a Security Event Token (RFC 8417 §7.2). */
export const SET_CONTENT_TYPE = 'application/secevent+jwt';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type';
/** Event type by which a receiver recognises a test of its stream (Shared Signals Framework 1.0 §8.1.4). */
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

/** The receiver of security events: its audience, and the issuer of its users' ids. */
export interface SignalReceiver {
  readonly issuer: string;
  readonly audience: string;
  /**
   * Host of its endpoint. It gets no event that a transmitter with this host has caused, so that no event returns to
   * its origin.
   */
  readonly host: string;
}

/** An event of the outbox. */
export interface SignalledEvent {
  readonly id: string;
  readonly madeAt: Date;
  readonly body: EventBody;
}

interface SecurityEvent {
  readonly type: string;
  /** Why the event has happened, for administrators of the receiver, in English. */
  readonly reason: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Id of the session that has ended. */
  readonly session?: string;
}

/**
 * The credential types of CAEP 1.0 §3.3 for the models of devices. Gatehouse does not know whether a passkey is a
 * roaming one, and reports each as such.
 */
const CREDENTIAL_TYPES: Readonly<Record<string, string>> = {
  totpdevice: 'app',
  duodevice: 'app',
  smsdevice: 'phone-sms',
  staticdevice: 'recovery-codes',
  webauthndevice: 'fido2-roaming',
  emaildevice: 'email',
};

/** Why a session has ended, by the reason in the audit event. */
const END_REASONS: Readonly<Record<string, string>> = {
  account_lockdown: 'The account was locked down.',
  several_session_cookies: 'A request had the cookies of several sessions.',
};

const revoked =
  (reason: string) =>
  ({ context }: EventBody): SecurityEvent => ({
    ...{ type: `${CAEP}/session-revoked`, claims: {} },
    reason: END_REASONS[String(context['reason'])] ?? reason,
    ...(typeof context['session'] === 'string' && { session: context['session'] }),
  });

const loggedOut = (body: EventBody): SecurityEvent =>
  body.context['binding'] === undefined
    ? revoked('The user has logged out.')(body)
    : {
        ...revoked('The session was used from another network or place.')(body),
        claims: { initiating_entity: 'policy' },
      };

const credentialChange = (credential_type: string, change_type: string, reason: string): SecurityEvent => ({
  ...{ type: `${CAEP}/credential-change`, reason },
  claims: { credential_type, change_type },
});

const passwordChange = ({ context }: EventBody): SecurityEvent =>
  context['unusable'] === true
    ? credentialChange('password', 'revoke', 'The password was made unusable.')
    : credentialChange('password', 'update', 'The password was set.');

const deviceChange =
  (change: 'create' | 'delete', reason: string) =>
  ({ context }: EventBody): SecurityEvent | undefined => {
    const { model_name: name } = (context['model'] ?? {}) as { readonly model_name?: unknown };
    const credential = typeof name === 'string' && Object.hasOwn(CREDENTIAL_TYPES, name) && CREDENTIAL_TYPES[name];
    return credential ? credentialChange(credential, change, reason) : undefined;
  };

/** The security event of each action of audit events that has one; undefined for an event of another kind. */
const SIGNALS: Readonly<Record<string, (body: EventBody) => SecurityEvent | undefined>> = {
  logout: loggedOut,
  session_ended: revoked('The session was ended.'),
  password_set: passwordChange,
  model_created: deviceChange('create', 'A device was set up.'),
  model_deleted: deviceChange('delete', 'A device was removed.'),
  user_write: ({ context }) =>
    context['is_active'] === false
      ? { type: `${RISC}/account-disabled`, claims: {}, reason: 'The account was deactivated.' }
      : undefined,
};

/** The actions of audit events that may become security events. */
export const SIGNALLED_ACTIONS: ReadonlySet<string> = new Set(Object.keys(SIGNALS));

/**
 * Returns an audit event as a signed Security Event Token for a receiver (docs/spec/events.md#signals). Each attempt to
 * deliver the event has the same `jti`. Returns undefined for an event that is no security event, is about no saved
 * user, or was caused by a transmitter at the host of the receiver.
 */
export async function securityEventToken(
  { id, madeAt, body }: SignalledEvent,
  receiver: SignalReceiver,
  keys: SigningKeys,
): Promise<string | undefined> {
  const { action, user, actor } = body;
  const signal = Object.hasOwn(SIGNALS, action) ? SIGNALS[action]?.(body) : undefined;
  if (!signal || user?.kind !== 'saved') return undefined;
  if (actor?.type === 'transmitter' && new URL(actor.issuer).host === receiver.host) return undefined;
  const event = {
    event_timestamp: Math.floor(madeAt.getTime() / 1000),
    initiating_entity: initiatorOf(actor, user.uuid),
    reason_admin: { en: signal.reason },
    ...signal.claims,
  };
  const subject = { format: 'iss_sub', iss: receiver.issuer, sub: user.uuid };
  const session =
    signal.session === undefined ? undefined : { format: 'opaque', id: sidFor(receiver.audience, signal.session) };
  const sub_id = session ? { format: 'complex', user: subject, session } : subject;
  const claims = { txn: body.request_id ?? id, sub_id, events: { [signal.type]: event } };
  return signToken({ id, claims }, receiver, keys);
}

/**
 * Returns a signed verification event, with which an operator tests a receiver (Shared Signals Framework 1.0 §8.1.4).
 * `stream` is the name of the endpoint.
 */
export const verificationToken = (
  stream: string,
  receiver: Omit<SignalReceiver, 'host'>,
  keys: SigningKeys,
): Promise<string> =>
  signToken(
    { id: randomUUID(), claims: { sub_id: { format: 'opaque', id: stream }, events: { [VERIFICATION]: {} } } },
    receiver,
    keys,
  );

/**
 * Returns a signed Security Event Token. Its type and the missing `sub` and `exp` tell it from any other JWT (Shared
 * Signals Framework 1.0 §4.1).
 */
const signToken = (
  { id, claims }: { readonly id: string; readonly claims: JWTPayload },
  { issuer, audience }: Omit<SignalReceiver, 'host'>,
  keys: SigningKeys,
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keys.currentKeyId, typ: 'secevent+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setJti(id)
    .setIssuedAt()
    .sign(keys.currentKey);

/** Returns the kind of actor that has caused an event, as a value of CAEP 1.0 §2. */
function initiatorOf(actor: EventBody['actor'], user: string): 'user' | 'admin' | 'system' {
  if (!actor || actor.type === 'anonymous' || actor.type === 'transmitter') return 'system';
  if (actor.type === 'system') return actor.command === undefined ? 'system' : 'admin';
  return actor.uuid === user ? 'user' : 'admin';
}

/**
 * Returns the claim `sid` that a session has in the ID tokens of a client. `client` is the client id, which is the
 * audience.
 */
const sidFor = (client: string, session: string): string =>
  createHash('sha256').update(`${client}\0${session}`).digest('base64url');

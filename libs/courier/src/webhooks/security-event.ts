import { createHash } from 'node:crypto';
import type { EventBody } from '@gatehouse/outbox';
import { SIGNING_ALGORITHM, type SigningKeys } from '@gatehouse/platform';
import { SignJWT } from 'jose';

/** Content type of a Security Event Token (RFC 8417 §7.2). */
export const SET_CONTENT_TYPE = 'application/secevent+jwt';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type';

/** The receiver of security events: who it is, and the issuer by which it knows its users. */
export interface SignalReceiver {
  readonly issuer: string;
  readonly audience: string;
}

/** An event of the outbox. */
export interface SignalledEvent {
  readonly id: string;
  readonly madeAt: Date;
  readonly body: EventBody;
}

interface SecurityEvent {
  readonly type: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Id of the session that has ended. */
  readonly session?: string;
}

/** The credential types of CAEP 1.0 §3.3 for the models of devices. Gatehouse does not know whether a passkey roams. */
const CREDENTIAL_TYPES: Readonly<Record<string, string>> = {
  totpdevice: 'app',
  duodevice: 'app',
  smsdevice: 'phone-sms',
  staticdevice: 'recovery-codes',
  webauthndevice: 'fido2-roaming',
  emaildevice: 'email',
};

const revoked = ({ context }: EventBody): SecurityEvent => ({
  ...{ type: `${CAEP}/session-revoked`, claims: {} },
  ...(typeof context['session'] === 'string' && { session: context['session'] }),
});

const credentialChange = (credential_type: string, change_type: string): SecurityEvent => ({
  type: `${CAEP}/credential-change`,
  claims: { credential_type, change_type },
});

const deviceChange =
  (change: 'create' | 'delete') =>
  ({ context }: EventBody): SecurityEvent | undefined => {
    const { model_name: name } = (context['model'] ?? {}) as { readonly model_name?: unknown };
    const credential = typeof name === 'string' && Object.hasOwn(CREDENTIAL_TYPES, name) && CREDENTIAL_TYPES[name];
    return credential ? credentialChange(credential, change) : undefined;
  };

/** The security event of each action of audit events that has one; undefined for an event of another kind. */
const SIGNALS: Readonly<Record<string, (body: EventBody) => SecurityEvent | undefined>> = {
  logout: revoked,
  session_ended: revoked,
  password_set: ({ context }) => credentialChange('password', context['unusable'] === true ? 'revoke' : 'update'),
  model_created: deviceChange('create'),
  model_deleted: deviceChange('delete'),
  user_write: ({ context }) =>
    context['is_active'] === false ? { type: `${RISC}/account-disabled`, claims: {} } : undefined,
};

/** The actions of audit events that may become security events. */
export const SIGNALLED_ACTIONS: ReadonlySet<string> = new Set(Object.keys(SIGNALS));

/**
 * Returns an audit event as a signed Security Event Token for a receiver (docs/spec/events.md#signals). Each attempt to
 * deliver the event has the same `jti`. Returns undefined for an event that is no security event, or about no saved user.
 */
export async function securityEventToken(
  { id, madeAt, body }: SignalledEvent,
  { issuer, audience }: SignalReceiver,
  keys: SigningKeys,
): Promise<string | undefined> {
  const { action, user, actor } = body;
  const signal = Object.hasOwn(SIGNALS, action) ? SIGNALS[action]?.(body) : undefined;
  if (!signal || user?.kind !== 'saved') return undefined;
  const claims = {
    event_timestamp: Math.floor(madeAt.getTime() / 1000),
    initiating_entity: initiatorOf(actor, user.uuid),
    ...signal.claims,
  };
  const subject = { format: 'iss_sub', iss: issuer, sub: user.uuid };
  const session = signal.session === undefined ? undefined : { format: 'opaque', id: sidFor(audience, signal.session) };
  const sub_id = session ? { format: 'complex', user: subject, session } : subject;
  return new SignJWT({ sub_id, events: { [signal.type]: claims } })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keys.currentKeyId, typ: 'secevent+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setJti(id)
    .setIssuedAt()
    .sign(keys.currentKey);
}

/** Returns who has caused an event, as CAEP 1.0 §2 names it. */
function initiatorOf(actor: EventBody['actor'], user: string): 'user' | 'admin' | 'system' {
  if (!actor || actor.type === 'anonymous') return 'system';
  if (actor.type === 'system') return actor.command === undefined ? 'system' : 'admin';
  return actor.uuid === user ? 'user' : 'admin';
}

/** Returns the claim `sid` of the session in the ID tokens of a client whose id is the audience. */
const sidFor = (client: string, session: string): string =>
  createHash('sha256').update(`${client}\0${session}`).digest('base64url');

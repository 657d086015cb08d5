import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SavedUser } from '@gatehouse/contracts';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { RestrictedHttpClient, Sealer, SigningKeys } from '@gatehouse/platform';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { EndpointCircuit } from './endpoint-circuit.js';
import { type QueuedEvent, queueEvents } from './testing/queued-events.js';
import { WebhookClient } from './webhook.client.js';
import { webhookSettings } from './webhook.config.js';
import { WebhookDelivery } from './webhook-delivery.js';
import { WebhookDeliveryRepository } from './webhook-delivery.repository.js';
import { webhookEndpointsOf } from './webhook-endpoints.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);
const ISSUER = 'https://login.example.org/application/o/shop/';
const SET = { issuer: ISSUER, audience: 'shop', token: 'bearer-token-of-the-shop' }; // not-a-secret
const SETTINGS = { ...{ tries: 3, maxAgeS: 3600, retryS: 10, retryMaxS: 100, keyRetryS: 60 }, source: 'urn:test' };
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const DEVICE = { app: 'authentik_stages_authenticator_totp', model_name: 'totpdevice', pk: 7, name: 'TOTP Device' };

function newKeys(): SigningKeys {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return new SigningKeys(`k1:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`);
}

/** A receiver of RFC 8935 on loopback: it accepts a verified token with 202, and refuses any other request with 400. */
class SignalReceiverServer {
  readonly tokens: JWTPayload[] = [];
  status = 202;

  private constructor(private readonly server: Server) {}

  static async open(keys: SigningKeys): Promise<SignalReceiverServer> {
    const jwks = createLocalJWKSet({ keys: [...keys.publicKeys] });
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      const { authorization, accept, 'content-type': type } = request.headers;
      const isPush = authorization === `Bearer ${SET.token}` && accept === 'application/json';
      const options = { issuer: ISSUER, audience: 'shop', typ: 'secevent+jwt', algorithms: ['ES256'] };
      const verified = await jwtVerify(await text(request), jwks, options).catch(() => undefined);
      const isValid = isPush && type === 'application/secevent+jwt' && verified !== undefined;
      if (isValid) receiver.tokens.push(verified.payload);
      response.writeHead(isValid ? receiver.status : 400).end();
    };
    const server = createServer((request, response) => void answer(request, response));
    const receiver = new SignalReceiverServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/events`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const keys = newKeys();
let source: DataSource;
let close: () => Promise<void>;
let receiver: SignalReceiverServer;
let deliveries: WebhookDeliveryRepository;
let alice: SavedUser;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  deliveries = new WebhookDeliveryRepository(source, sealer);
  alice = await enrol(source);
  receiver = await SignalReceiverServer.open(keys);
});
afterAll(async () => {
  receiver?.close();
  await close?.();
});
beforeEach(async () => {
  await source.query('TRUNCATE flow.outbox, flow.audit_events CASCADE');
  receiver.tokens.length = 0;
  receiver.status = 202;
});

const parse = (endpoint: object) => webhookSettings.safeParse({ WEBHOOKS: JSON.stringify([endpoint]) });
/** Queues events about alice, and delivers each once. Returns the outcomes. */
async function deliver(...events: Partial<QueuedEvent>[]): Promise<string[]> {
  await queueEvents(
    source,
    sealer,
    events.map((event) => ({ endpoints: ['shop'], user: alice, ...event })),
  );
  const [endpoint] = parse({ name: 'shop', url: receiver.url, set: SET }).data!.WEBHOOKS;
  const outcomes: string[] = [];
  const delivery = new WebhookDelivery({
    ...{ endpoint: endpoint!, deliveries, settings: SETTINGS, signingKeys: keys },
    client: new WebhookClient(new RestrictedHttpClient('127.0.0.1', 'webhook'), {
      timeoutMs: 10_000,
      responseBytes: 0,
    }),
    circuit: new EndpointCircuit({ failures: 100, pauseS: 30, pauseMaxS: 600 }),
    logger: new LogRecorder().logger,
    observe: (outcome) => outcomes.push(outcome),
  });
  for (
    let leased = await deliveries.lease('shop', 9, 60);
    leased.length > 0;
    leased = await deliveries.lease('shop', 9, 60)
  )
    for (const one of leased) await delivery.handle(one);
  return outcomes;
}

describe('a security event', () => {
  it('is pushed as a signed token that its receiver verifies, with the `sub` of the user’s ID tokens', async () => {
    expect(await deliver({ action: 'password_set', context: {} })).toEqual(['delivered']);
    const [token] = receiver.tokens;
    const [{ id } = { id: '' }] = await source.query<{ id: string }[]>('SELECT id FROM flow.audit_events');
    expect(token).toEqual({
      ...{ iss: ISSUER, aud: 'shop', jti: id, txn: 'f'.repeat(32), iat: expect.any(Number) },
      sub_id: { format: 'iss_sub', iss: ISSUER, sub: alice.uuid },
      events: {
        [`${CAEP}/credential-change`]: {
          ...{ credential_type: 'password', change_type: 'update' },
          ...{ event_timestamp: expect.any(Number), initiating_entity: expect.any(String) },
          reason_admin: { en: 'The password was set.' },
        },
      },
    });
  });

  it.each([
    { action: 'logout', context: {}, type: `${CAEP}/session-revoked`, claims: {} },
    {
      ...{ action: 'logout', context: { binding: { reason: 'geoip.country' } }, type: `${CAEP}/session-revoked` },
      claims: { initiating_entity: 'policy' },
    },
    {
      ...{ action: 'password_set', context: { unusable: true }, type: `${CAEP}/credential-change` },
      claims: { credential_type: 'password', change_type: 'revoke' },
    },
    {
      ...{ action: 'model_created', context: { model: DEVICE }, type: `${CAEP}/credential-change` },
      claims: { credential_type: 'app', change_type: 'create' },
    },
    {
      ...{ action: 'model_deleted', context: { model: DEVICE }, type: `${CAEP}/credential-change` },
      claims: { credential_type: 'app', change_type: 'delete' },
    },
    {
      ...{ action: 'user_write', context: { is_active: false, created: false }, claims: {} },
      type: 'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
    },
  ])('is made from the audit event $action', async ({ action, context, type, claims }) => {
    await deliver({ action, context });
    expect(receiver.tokens).toMatchObject([{ events: { [type]: claims } }]);
  });

  it('without a session id is about all sessions of the user', async () => {
    await deliver({ action: 'session_ended', context: { own: false, reason: 'account_lockdown' } });
    expect(receiver.tokens).toMatchObject([
      {
        sub_id: { format: 'iss_sub', iss: ISSUER, sub: alice.uuid },
        events: { [`${CAEP}/session-revoked`]: expect.any(Object) },
      },
    ]);
  });

  it('identifies an ended session by the `sid` of the receiver’s ID tokens', async () => {
    const session = '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c';
    await deliver({ action: 'session_ended', context: { session, own: true } });
    expect(receiver.tokens[0]?.['sub_id']).toEqual({
      format: 'complex',
      user: { format: 'iss_sub', iss: ISSUER, sub: alice.uuid },
      session: { format: 'opaque', id: expect.stringMatching(/^[\w-]{43}$/) },
    });
  });

  it('is not sent for an audit event that is no security event', async () => {
    const others = [
      { action: 'user_write', context: { name: 'Alice', created: false } },
      { action: 'model_deleted', context: { model: { ...DEVICE, model_name: 'token' } } },
      { action: 'password_set', context: {}, user: undefined },
    ];
    expect(await deliver(...others)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(receiver.tokens).toEqual([]);
  });

  it('is not sent to the host of the transmitter that has caused it', async () => {
    const sent = async (issuer: string) => {
      const actor = { type: 'transmitter', name: 'shop', issuer } as const;
      await deliver({ action: 'session_ended', context: { own: false }, actor });
      return receiver.tokens.splice(0).map(({ events }) => events);
    };
    expect(await sent(new URL('/', receiver.url).href)).toEqual([]);
    expect(await sent('https://other.example.org')).toMatchObject([
      { [`${CAEP}/session-revoked`]: { initiating_entity: 'system' } },
    ]);
  });

  it('is tried again with the same jti while the receiver fails', async () => {
    receiver.status = 503;
    expect(await deliver({ action: 'logout', context: {} })).toEqual(['later']);
    receiver.status = 202;
    await source.query(`UPDATE flow.webhook_deliveries SET due_at = now() - interval '1 second'`);
    expect(await deliver()).toEqual(['delivered']);
    expect(new Set(receiver.tokens.map(({ jti }) => jti)).size).toBe(1);
    expect(receiver.tokens).toHaveLength(2);
  });
});

describe('the settings of a receiver of security events', () => {
  const valid = { name: 'shop', url: 'https://shop.example.org/events', set: SET };
  it.each([
    ['with secrets too', { ...valid, secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`] }],
    ['with neither', { ...valid, set: undefined }],
    ['with an action that is no security event', { ...valid, actions: ['login'] }],
    ['with a short token', { ...valid, set: { ...SET, token: 'short' } }],
    ['with an unknown field', { ...valid, set: { ...SET, key: 'x' } }],
    ['with an issuer that is no address', { ...valid, set: { ...SET, issuer: 'shop' } }],
  ])('are refused %s', (_, endpoint) => {
    expect(parse(endpoint).success).toBe(false);
  });

  it('require JWT_SIGNING_KEYS, and select only the actions that may be security events', () => {
    const config = parse(valid).data!;
    expect(() => webhookEndpointsOf(config, 1e9)).toThrow('JWT_SIGNING_KEYS is missing');
    const { namesFor } = webhookEndpointsOf({ ...config, JWT_SIGNING_KEYS: 'k1:…' }, 1e9);
    expect([namesFor('session_ended'), namesFor('login')]).toEqual([['shop'], []]);
  });
});

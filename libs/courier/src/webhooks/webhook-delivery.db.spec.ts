import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { insertOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { RestrictedHttpClient, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { answerWith, WebhookReceiver, webhookSecret } from '../../../../test/support/webhook-receiver.js';
import { OutboxRepository } from '../outbox.repository.js';
import { EndpointCircuit } from './endpoint-circuit.js';
import { type QueuedEvent, queueEvents } from './testing/queued-events.js';
import { WebhookClient } from './webhook.client.js';
import { WebhookDelivery } from './webhook-delivery.js';
import { WebhookDeliveryRepository } from './webhook-delivery.repository.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);
const SETTINGS = {
  ...{ tries: 3, maxAgeS: 3600, retryS: 10, retryMaxS: 100, keyRetryS: 60, source: 'urn:test' },
};
const BREAKER = { failures: 100, pauseS: 30, pauseMaxS: 600 };

let source: DataSource;
let close: () => Promise<void>;
let receiver: WebhookReceiver;
let deliveries: WebhookDeliveryRepository;
let log: LogRecorder;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  deliveries = new WebhookDeliveryRepository(source, sealer);
  receiver = await WebhookReceiver.open();
});
afterAll(async () => {
  await receiver.close();
  await close();
});
beforeEach(async () => {
  await source.query('TRUNCATE flow.outbox, flow.audit_events CASCADE');
  receiver.received.length = 0;
  receiver.answer = answerWith(204);
  log = new LogRecorder();
});

const queue = (...events: Partial<QueuedEvent>[]) =>
  queueEvents(
    source,
    sealer,
    events.map((event) => ({ endpoints: ['siem'], ...event })),
  );
interface Row {
  readonly id: string;
  readonly event_id: string;
  readonly tries: number;
  readonly parked_at: Date | null;
  readonly error: string | null;
  readonly waits: number;
}
const rows = () =>
  source.query<Row[]>(
    `SELECT *, extract(epoch FROM due_at - now())::float8 AS waits FROM flow.webhook_deliveries ORDER BY id`,
  );
const expireLeases = () => source.query(`UPDATE flow.webhook_deliveries SET due_at = now() - interval '1 second'`);
const lease = (limit = 9, endpoint = 'siem') => deliveries.lease(endpoint, limit, 60);

/** Returns a courier's `WebhookDelivery` to the test server, with its own circuit breaker, and the list of outcomes. */
function courier(settings: Partial<typeof SETTINGS> = {}, repository = deliveries) {
  const circuit = new EndpointCircuit(BREAKER);
  const client = new WebhookClient(new RestrictedHttpClient('127.0.0.1', 'webhook'), {
    timeoutMs: 10_000,
    responseBytes: 1000,
  });
  const keys = [Buffer.from(webhookSecret(1).slice('whsec_'.length), 'base64')];
  const endpoint = { name: 'siem', url: new URL(receiver.url), keys, actions: undefined, enabled: true };
  const outcomes: string[] = [];
  const delivery = new WebhookDelivery({
    ...{ endpoint, client, circuit, settings: { ...SETTINGS, ...settings }, logger: log.logger },
    ...{ deliveries: repository, observe: (outcome: string) => outcomes.push(outcome) },
  });
  return { circuit, outcomes, delivery };
}

/** Delivers all due events once, one after the other. */
async function deliverDue(settings: Partial<typeof SETTINGS> = {}) {
  const { outcomes, delivery, circuit } = courier(settings);
  for (const leased of await lease()) await delivery.handle(leased);
  return { outcomes, circuit };
}

describe('a published event', () => {
  it('is queued for each endpoint that gets it, by the statement that keeps it', async () => {
    const [first, second] = await queue({ endpoints: ['siem', 'chat'] }, {});
    expect(await source.query('SELECT endpoint, event_id FROM flow.webhook_deliveries ORDER BY id')).toEqual([
      ...['siem', 'chat'].map((endpoint) => ({ endpoint, event_id: first })),
      { endpoint: 'siem', event_id: second },
    ]);
  });

  it('is not queued by a courier whose lease another courier has taken over', async () => {
    const outbox = new OutboxRepository(source, sealer);
    const row = outboxRow({ topic: 'events.custom_seen', body: {} }, sealer);
    await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
    const [lost] = await outbox.lease('event', 1, 60);
    await source.query(`UPDATE flow.outbox SET due_at = now() - interval '1 second'`);
    await outbox.lease('event', 1, 60);
    const body = { action: 'custom_seen', context: {}, user: null, client_ip: '203.0.113.7', flow: null };
    await outbox.keep([{ message: lost!, body, endpoints: ['siem'] }]);
    expect(await rows()).toEqual([]);
  });

  it('is deleted with its deliveries after EVENTS_KEPT_S', async () => {
    const alice = await enrol(source);
    await queue({ user: alice }, {}, {});
    await source.query('DELETE FROM flow.audit_events WHERE user_id = $1', [alice.uuid]);
    expect(await rows()).toHaveLength(2);
    await source.query(`UPDATE flow.audit_events SET kept_at = now() - interval '2 hours'`);
    await new OutboxRepository(source, sealer).sweepKept(3600);
    expect(await rows()).toEqual([]);
  });
});

describe('a delivery', () => {
  it('is deleted when the endpoint has accepted the event', async () => {
    const [id] = await queue({});
    expect((await deliverDue()).outcomes).toEqual(['delivered']);
    expect(receiver.received[0]).toMatchObject({
      headers: { 'webhook-id': id },
      event: { id, source: 'urn:test', type: 'gatehouse.custom_seen', data: { context: { number: 0 } } },
    });
    expect(await rows()).toEqual([]);
  });

  it('is leased to only one of many concurrent couriers', async () => {
    await queue(...Array.from({ length: 20 }, () => ({})));
    const leased = (await Promise.all(Array.from({ length: 10 }, () => lease(3)))).flat();
    expect(new Set(leased.map(({ id }) => id)).size).toBe(leased.length);
    expect([...leased, ...(await lease(20))]).toHaveLength(20);
  });

  it('is retried with the same id and body after a growing delay, with jitter', async () => {
    const [id] = await queue({});
    receiver.answer = answerWith(503);
    for (const longestS of [10, 20]) {
      expect((await deliverDue()).outcomes).toEqual(['later']);
      const [row] = await rows();
      expect(row!.waits).toBeGreaterThan(longestS / 2 - 1);
      expect(row!.waits).toBeLessThanOrEqual(longestS);
      await expireLeases();
    }
    expect(receiver.ids).toEqual([id, id]);
    const [first, second] = receiver.received;
    expect(second!.body).toBe(first!.body);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  });

  it('is retried after WEBHOOK_RETRY_MAX_S at the latest', async () => {
    await queue({});
    await source.query('UPDATE flow.webhook_deliveries SET tries = 50');
    receiver.answer = answerWith(503);
    expect((await deliverDue({ tries: 100 })).outcomes).toEqual(['later']);
    const [row] = await rows();
    expect(row!.waits).toBeGreaterThan(48);
    expect(row!.waits).toBeLessThanOrEqual(100);
  });

  it.each([
    ['70', 68, 70],
    ['86400', 98, 100],
    ['1', 4, 10],
  ])('waits after Retry-After %s, at most WEBHOOK_RETRY_MAX_S, for %i to %i seconds', async (header, leastS, mostS) => {
    await queue({});
    receiver.answer = answerWith(429, { 'retry-after': header });
    const { circuit } = await deliverDue();
    const [row] = await rows();
    expect(row!.waits).toBeGreaterThan(leastS);
    expect(row!.waits).toBeLessThanOrEqual(mostS);
    expect(circuit.admit(5)).toBe(0);
  });

  it('is parked and logged with the reason after WEBHOOK_TRIES attempts', async () => {
    const [event] = await queue({});
    receiver.answer = answerWith(500);
    for (const outcome of ['later', 'later', 'parked']) {
      expect((await deliverDue()).outcomes).toEqual([outcome]);
      await expireLeases();
    }
    expect(await rows()).toMatchObject([
      { event_id: event, tries: 3, parked_at: expect.any(Date), error: 'status 500' },
    ]);
    expect(await lease()).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ event: 'webhook_not_delivered', endpoint: 'siem', outcome: 'parked' });
    expect(log.text).not.toMatch(/whsec|\/hook/);
  });

  it('is parked if its next attempt would be later than WEBHOOK_MAX_AGE_S', async () => {
    await queue({});
    await source.query(`UPDATE flow.webhook_deliveries SET made_at = now() - interval '3596 seconds'`);
    receiver.answer = answerWith(500);
    expect((await deliverDue()).outcomes).toEqual(['parked']);
  });

  it('that is never tried is parked by the cleanup when it is older than WEBHOOK_MAX_AGE_S', async () => {
    await queue({}, {}, {});
    await source.query(`UPDATE flow.webhook_deliveries SET made_at = now() - interval '2 hours'`);
    const [leased] = await lease(1);
    await deliveries.sweep(3600, 3600, 1);
    expect(await rows()).toMatchObject([
      { id: leased!.id, parked_at: null },
      { parked_at: expect.any(Date), error: 'it was never tried' },
      { parked_at: expect.any(Date) },
    ]);
  });

  it('that is parked is deleted after OUTBOX_KEEP_S, and its event is kept', async () => {
    await queue({}, {}, {});
    await source.query(`UPDATE flow.webhook_deliveries SET parked_at = now() - interval '2 hours'
      WHERE id < (SELECT max(id) FROM flow.webhook_deliveries)`);
    await deliveries.sweep(3600, 3600, 1);
    expect(await rows()).toMatchObject([{ parked_at: null }]);
    expect(await source.query('SELECT FROM flow.audit_events')).toHaveLength(3);
  });

  it('waits without using up tries while the courier lacks its seal key', async () => {
    await queue({});
    const other = new WebhookDeliveryRepository(source, new Sealer(`k2:${Buffer.alloc(32, 8).toString('base64')}`));
    const { delivery, outcomes } = courier({}, other);
    for (const leased of await other.lease('siem', 9, 60)) await delivery.handle(leased);
    expect(outcomes).toEqual(['later']);
    expect(receiver.received).toEqual([]);
    expect(await rows()).toMatchObject([{ tries: 0, parked_at: null, error: expect.stringContaining('key k') }]);
    await expireLeases();
    expect((await deliverDue()).outcomes).toEqual(['delivered']);
  });

  it('is parked if its event cannot be read', async () => {
    await queue({});
    await source.query(`UPDATE flow.audit_events SET body = 'x'`);
    expect((await deliverDue()).outcomes).toEqual(['parked']);
    expect(receiver.received).toEqual([]);
  });

  it('is tried again after an internal error, which ends a trial of the circuit', async () => {
    await queue({});
    const { delivery, outcomes, circuit } = courier();
    const [leased] = await lease();
    await delivery.handle({ ...leased!, madeAt: new Date(Number.NaN) });
    expect(outcomes).toEqual(['later']);
    expect(await rows()).toMatchObject([
      { tries: 1, error: expect.stringContaining('an internal error: Invalid time') },
    ]);
    expect([receiver.received, circuit.admit(5)]).toEqual([[], 5]);
  });

  it('is not changed by a courier whose lease another courier has taken over', async () => {
    await queue({});
    const [lost] = await lease();
    await expireLeases();
    await lease();
    await deliveries.delete(lost!);
    await deliveries.park(lost!, 'late');
    await deliveries.retryLater(lost!, 'late', 0);
    await deliveries.postpone(lost!, 'late', 0);
    expect(await rows()).toMatchObject([{ tries: 2, parked_at: null, error: null }]);
  });

  it('is delivered again if its outcome cannot be stored, which is logged', async () => {
    const [id] = await queue({});
    const [leased] = await lease();
    await source.query('ALTER TABLE flow.webhook_deliveries RENAME TO deliveries_away');
    await courier().delivery.handle(leased!);
    await source.query('ALTER TABLE flow.deliveries_away RENAME TO webhook_deliveries');
    expect(log.events).toEqual(['webhook_outcome_not_stored']);
    await expireLeases();
    await deliverDue();
    expect(receiver.ids).toEqual([id, id]);
  });
});

describe('an endpoint that answers 410 Gone', () => {
  it('gets no more events from this courier, and its events wait', async () => {
    await queue({}, {});
    receiver.answer = answerWith(410);
    const { circuit, delivery } = courier();
    const [first] = await lease(1);
    await delivery.handle(first!);
    expect(circuit.admit(5)).toBe(0);
    expect(log.events).toContain('webhook_endpoint_gone');
    expect(await rows()).toMatchObject([{ parked_at: null, error: 'status 410' }, { parked_at: null }]);
  });
});

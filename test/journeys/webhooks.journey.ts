import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SavedUser, User } from '@gatehouse/contracts';
import { type OutboxMessage, requestedEventMessage } from '@gatehouse/outbox';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { REQUEST_FACTS } from '../../libs/executor-postgres/testing/event-context.js';
import { enrol } from '../../libs/executor-postgres/testing/flow-database.js';
import { createCertificate } from '../support/certificate.js';
import { runCli } from '../support/commands.js';
import { CourierHarness, mailTo } from '../support/courier-harness.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { describeWithNats } from '../support/nats.js';
import { freePort } from '../support/processes.js';
import {
  answerWith,
  isVerified,
  WebhookReceiver,
  webhookSecret,
  webhookSettingsFor,
} from '../support/webhook-receiver.js';

const SECRET = webhookSecret(1);
const NEW_SECRET = webhookSecret(2);

let couriers: CourierHarness;
let folder: string;
const receivers: WebhookReceiver[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-webhooks-'));
  couriers = await CourierHarness.open();
});
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});
afterAll(async () => {
  await couriers?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openReceiver(options: Parameters<typeof WebhookReceiver.open>[0] = {}): Promise<WebhookReceiver> {
  const receiver = await WebhookReceiver.open(options);
  receivers.push(receiver);
  return receiver;
}

async function begin() {
  const mailbox = await couriers.begin();
  await couriers.source.query('TRUNCATE flow.audit_events CASCADE');
  return mailbox;
}

const event = (action: string, user?: User, number = 0): OutboxMessage =>
  requestedEventMessage({ action, context: { number } }, { ...REQUEST_FACTS, user });

const put = (...messages: readonly OutboxMessage[]) => couriers.putEvents(messages);
const deliveries = () =>
  couriers.source.query<{ id: string; event_id: string; endpoint: string; parked_at: Date | null }[]>(
    'SELECT id, event_id, endpoint, parked_at FROM flow.webhook_deliveries ORDER BY id',
  );
const expireLeases = () => couriers.source.query('UPDATE flow.webhook_deliveries SET due_at = now()');
const command = (...args: string[]) =>
  runCli('events', ['webhooks', ...args], { env: { DATABASE_URL: couriers.url, SEAL_KEYS: couriers.seal } });

describeWithNats('a courier with webhook endpoints', () => {
  it('delivers events with the actions of an endpoint, over TLS with a trusted certificate, with a valid signature', async () => {
    await begin();
    const certificate = createCertificate();
    const authority = join(folder, 'ca.crt');
    await writeFile(authority, certificate.cert);
    const receiver = await openReceiver({ certificate });
    await couriers.startApart({
      ...webhookSettingsFor({ url: receiver.url, actions: ['login', 'logout'] }),
      ...{ NODE_EXTRA_CA_CERTS: authority, EVENTS_SOURCE: 'https://id.example.org' },
    });
    const alice = await enrol(couriers.source);
    const [login, , logout] = await put(event('login', alice), event('password_set', alice), event('logout', alice));
    await receiver.until(() => receiver.received.length === 2);
    expect(receiver.ids).toEqual([login, logout]);
    expect(receiver.received[0]).toMatchObject({
      headers: { 'content-type': 'application/cloudevents+json', 'webhook-id': login },
      event: { type: 'gatehouse.login', source: 'https://id.example.org', subject: `users/${alice.uuid}` },
    });
    for (const received of receiver.received) expect(isVerified(received, SECRET)).toBe(true);
  });

  it('delivers to a live endpoint, by mail and on NATS while other endpoints are dead, slow or refuse events', async () => {
    const mailbox = await begin();
    const [live, slow, refusing] = [await openReceiver(), await openReceiver(), await openReceiver()];
    slow.answer = () => new Promise<void>(() => undefined);
    refusing.answer = answerWith(500);
    const dead = `http://127.0.0.1:${await freePort()}/`;
    const listener = await couriers.listen();
    const subscription = listener.subscribe('events.custom_counted');
    await listener.flush();
    const courier = await couriers.start(
      webhookSettingsFor(
        { url: dead, name: 'dead' },
        { url: slow.url, name: 'slow' },
        { url: refusing.url, name: 'refusing' },
        { url: live.url, name: 'live', actions: ['custom_counted'] },
      ),
    );
    const users = [await enrol(couriers.source), await enrol(couriers.source)];
    const ids = await put(...Array.from({ length: 20 }, (_, i) => event('custom_counted', users[i % 2], i)));
    await couriers.put([mailTo('alice@example.org')]);
    await Promise.all([live.until(() => live.received.length === 20), mailbox.mailTo('alice@example.org')]);
    expect(new Set(live.ids)).toEqual(new Set(ids));
    const published: string[] = [];
    for await (const message of subscription) {
      published.push(message.json<{ id: string }>().id);
      if (published.length === 20) break;
    }
    // The courier keeps the order of the events of one user only.
    const ofUser = (all: readonly string[], user: number) => all.filter((id) => ids.indexOf(id) % 2 === user);
    for (const user of [0, 1]) expect(ofUser(published, user)).toEqual(ofUser(ids, user));
    await listener.close();
    // A courier that is stopped finishes the deliveries that it has begun.
    await courier.stop();
    expect((await deliveries()).filter(({ endpoint }) => endpoint === 'live')).toEqual([]);
  });

  it('sends at most WEBHOOK_CONCURRENCY events at the same time, and all events in the end', async () => {
    await begin();
    const waiting: (() => void)[] = [];
    const receiver = await openReceiver({
      answer: (_, response) => void waiting.push(() => void response.writeHead(204).end()),
    });
    await couriers.start({ ...webhookSettingsFor({ url: receiver.url }), WEBHOOK_CONCURRENCY: '2' });
    await put(...Array.from({ length: 6 }, () => event('login')));
    await receiver.until(() => receiver.received.length === 2);
    expect(await couriers.source.query('SELECT FROM flow.webhook_deliveries WHERE tries > 0')).toHaveLength(2);
    for (let answered = 0; answered < 6; answered++) {
      await receiver.until(() => waiting.length > 0);
      waiting.shift()?.();
    }
    expect(new Set(receiver.ids).size).toBe(6);
  });

  it('signs with the old and the new secret during a rotation, and with the new one alone after it', async () => {
    await begin();
    const receiver = await openReceiver();
    const verified = () =>
      receiver.received.map((one) => [SECRET, NEW_SECRET].map((secret) => isVerified(one, secret)));
    const rotations = [[SECRET], [NEW_SECRET, SECRET], [NEW_SECRET]];
    for (const [i, secrets] of rotations.entries()) {
      const courier = await couriers.start(webhookSettingsFor({ url: receiver.url, secrets }));
      await put(event('login'));
      await receiver.until(() => receiver.received.length === i + 1);
      await courier.stop();
    }
    expect(verified()).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });

  it('retries with the same id and body, parks the delivery, and delivers it when the operator retries it', async () => {
    await begin();
    const receiver = await openReceiver({ answer: answerWith(503) });
    const courier = await couriers.start({ ...webhookSettingsFor({ url: receiver.url }), WEBHOOK_TRIES: '2' });
    const parked = courier.says(/"outcome":"parked"/);
    const [id] = await put(event('login'));
    await parked;
    await receiver.until(() => receiver.received.length === 2);
    expect(new Set(receiver.received.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)).size).toBe(
      1,
    );
    const [delivery] = await deliveries();
    const listed = await command('list');
    expect(listed.stdout).toMatch(
      new RegExp(`^${delivery!.id}  siem  login  ${id}  .*tried 2  parked .*status 503\n$`),
    );
    expect((await command('list', '--waiting')).stdout).toBe('no deliveries\n');
    receiver.answer = answerWith(204);
    expect((await command('retry', '--all', '--endpoint', 'chat')).stdout).toBe('0 to be delivered again\n');
    const page = DocumentedCommands.of('docs/how-to/webhooks.md').block('sh', /webhooks list/, { 4711: delivery!.id });
    const outputs: string[] = [];
    for (const [, args = ''] of page.matchAll(/(?:events --|events\.js) webhooks (.*?) *(?:#.*)?\n/g)) {
      outputs.push((await command(...args.split(' '))).stdout);
      if (outputs.length === 2) await receiver.until(() => receiver.received.length === 3);
    }
    expect(receiver.ids[2]).toBe(id);
    expect(outputs).toEqual([
      ...[listed.stdout, '1 to be delivered again\n', '0 to be delivered again\n'],
      ...[expect.stringMatching(/^[01] removed\n$/), 'no deliveries\n'],
    ]);
  });

  it('does not start if the host of an endpoint is not allowed, and the error contains no secret', async () => {
    await begin();
    const url = 'https://127.0.0.1/secret-path';
    const settings = { ...webhookSettingsFor({ url }), WEBHOOK_HOSTS: '*' };
    const error: unknown = await couriers.start(settings).catch((reason: unknown) => reason);
    expect(String(error)).toContain('the URL of the endpoint siem has a host that WEBHOOK_HOSTS does not allow');
    expect(String(error)).not.toMatch(/secret-path|whsec/);
  });

  it('reports waiting and parked deliveries, attempts and open circuits, by endpoint name', async () => {
    await begin();
    const receiver = await openReceiver({ answer: answerWith(503) });
    const port = await freePort();
    const courier = await couriers.start({
      ...webhookSettingsFor({ url: receiver.url }),
      WEBHOOK_BREAK_FAILURES: '1',
    });
    const opened = courier.says(/webhook_circuit_opened/);
    await put(event('login'), event('login'));
    await opened;
    await courier.stop();
    expect(courier.output()).not.toMatch(/whsec|\/hook/);
    await couriers.source.query(`UPDATE flow.webhook_deliveries SET due_at = now() + interval '1 hour'`);
    await couriers.source.query(`INSERT INTO flow.webhook_deliveries (endpoint, event_id, parked_at)
      SELECT 'gone-' || n, id, now() FROM flow.audit_events, generate_series(1, 2) n`);
    const again = await couriers.startApart({
      ...webhookSettingsFor({ url: receiver.url }),
      ...{ WEBHOOK_BREAK_FAILURES: '1', MONITORING_PORT: String(port), WEBHOOK_RETRY_S: '1' },
    });
    // The courier counts a failure before it logs it, so the metric is right once the line is written.
    const reopened = again.says(/webhook_not_delivered/);
    await expireLeases();
    await reopened;
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('gatehouse_webhook_waiting{endpoint="siem"} 2');
    expect(metrics).toContain('gatehouse_webhook_parked{endpoint="(removed)"} 4');
    expect(metrics).toMatch(/gatehouse_webhook_oldest_seconds\{endpoint="siem"\} [\d.]+/);
    expect(metrics).toMatch(/gatehouse_webhook_deliveries_total\{endpoint="siem",outcome="later"\} [12]/);
    expect(metrics).toContain('gatehouse_webhook_circuit_open{endpoint="siem"} 1');
    expect(metrics).toContain('gatehouse_provider_seconds_count{provider="webhook",outcome="fault"}');
    expect(metrics).not.toContain('gone-1');
  });

  it('closes the circuit again when the trial is accepted, and delivers the waiting events', async () => {
    await begin();
    const receiver = await openReceiver({ answer: answerWith(503) });
    const courier = await couriers.start({
      ...webhookSettingsFor({ url: receiver.url }),
      ...{ WEBHOOK_BREAK_FAILURES: '1', WEBHOOK_BREAK_S: '1', WEBHOOK_CONCURRENCY: '1' },
    });
    const opened = courier.says(/webhook_circuit_opened/);
    const ids = await put(...Array.from({ length: 5 }, () => event('login')));
    await opened;
    receiver.answer = answerWith(204);
    const closed = courier.says(/webhook_circuit_closed/);
    await closed;
    await receiver.until(() => new Set(receiver.ids).size === ids.length && receiver.received.length > ids.length);
    expect(new Set(receiver.ids)).toEqual(new Set(ids));
  });
});

describeWithNats('two couriers', () => {
  it('lose no event when one is killed while it delivers, and the other delivers it again with the same id', async () => {
    await begin();
    const receiver = await openReceiver();
    let isFirst = true;
    receiver.answer = (_, response) => {
      // The first courier is killed while it waits for this response.
      if (!isFirst) response.writeHead(204).end();
    };
    const settings = webhookSettingsFor({ url: receiver.url });
    const first = await couriers.startApart({ ...settings, WEBHOOK_CONCURRENCY: '1' });
    const alice = await enrol(couriers.source);
    const ids = await put(event('login', alice), event('logout', alice));
    await receiver.until(() => receiver.received.length === 1);
    first.kill();
    await first.gone;
    isFirst = false;
    await couriers.start(settings);
    await expireLeases();
    await receiver.until(() => receiver.received.length === 3);
    expect(receiver.ids).toEqual([ids[0], ...ids]);
    for (const received of receiver.received) expect(isVerified(received, SECRET)).toBe(true);
  });

  it('deliver the events of each user in order, even if the endpoint refuses some requests', async () => {
    await begin();
    const receiver = await openReceiver();
    let requests = 0;
    const accepted = new Set<string>();
    receiver.answer = ({ event: { id } }, response) => {
      const isRefused = ++requests % 5 === 0;
      if (!isRefused) accepted.add(id);
      response.writeHead(isRefused ? 500 : 204).end();
    };
    const settings = { ...webhookSettingsFor({ url: receiver.url }), WEBHOOK_CONCURRENCY: '4' };
    await Promise.all([couriers.start(settings), couriers.start(settings)]);
    const users: SavedUser[] = [];
    for (let i = 0; i < 5; i++) users.push(await enrol(couriers.source));
    const messages = Array.from({ length: 50 }, (_, i) => event('custom_counted', users[i % 5], i));
    const ids = await put(...messages);
    await receiver.until(() => accepted.size === 50);
    for (const [i] of users.entries()) {
      const own = ids.filter((_, n) => n % 5 === i);
      expect([...accepted].filter((id) => own.includes(id))).toEqual(own);
    }
  });
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudEvent, type User } from '@gatehouse/contracts';
import { type OutboxMessage, requestedEventMessage } from '@gatehouse/outbox';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { REQUEST_FACTS } from '../../libs/executor-postgres/testing/event-context.js';
import { enrol } from '../../libs/executor-postgres/testing/flow-database.js';
import { createCertificate } from '../support/certificate.js';
import { CourierHarness, mailTo } from '../support/courier-harness.js';
import { smtpError } from '../support/mailbox.js';
import { describeWithNats } from '../support/nats.js';
import { freePort } from '../support/processes.js';

let couriers: CourierHarness;
let store: string;
const listeners: NatsConnection[] = [];

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'gatehouse-stream-'));
  couriers = await CourierHarness.open({ config: `jetstream { store_dir: ${JSON.stringify(store)} }` });
});
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});
afterAll(async () => {
  await couriers?.close();
  await rm(store, { recursive: true, force: true });
});

/** Subscribes to events. The returned function waits for the given number of events of one action and returns them. */
async function listenForEvents() {
  const listener = await couriers.listen();
  listeners.push(listener);
  const messages: Msg[] = [];
  let notify = () => undefined as void;
  listener.subscribe('events.>', {
    callback: (_, message) => {
      messages.push(message);
      notify();
    },
  });
  await listener.flush();
  return async (action: string, count = 1): Promise<Msg[]> => {
    const found = () => messages.filter(({ subject }) => subject === `events.${action}`);
    while (found().length < count) await new Promise<void>((resolve) => (notify = resolve));
    return found();
  };
}

const outboxEvent = (action: string, user?: User): OutboxMessage =>
  requestedEventMessage({ action, context: { password: 'x' } }, { ...REQUEST_FACTS, user });

describeWithNats('a courier', () => {
  it('sends a mail of the outbox, deletes its row, and publishes an event without secrets', async () => {
    const mailbox = await couriers.begin();
    const eventsOf = await listenForEvents();
    await couriers.start();
    const [id] = await couriers.put([mailTo('alice@example.org')]);

    const mail = await mailbox.mailTo('alice@example.org');
    expect(mail).toMatchObject({ subject: 'Help is near', messageId: `<${id}@localhost>` });
    const [event] = await eventsOf('email_sent');
    expect(event!.json()).toMatchObject({
      type: 'gatehouse.email_sent',
      data: { flow: 'recovery', client_ip: '203.0.113.7', context: { to_email: 'alice@example.org' } },
    });
    expect(event!.string()).not.toMatch(/hidden|012345/);
    expect((await couriers.rows()).filter(({ topic }) => topic === 'mail')).toEqual([]);
  });

  it('keeps a mail that was sealed with a key it does not have, until a courier has the key', async () => {
    const mailbox = await couriers.begin();
    const newKey = `new:${randomBytes(32).toString('base64')}`;
    const courier = await couriers.start({ SEAL_KEYS: newKey, SEAL_KEY_RETRY_S: '1' });
    const waits = courier.says(/messages_await_key/);
    const [id] = await couriers.put([mailTo('alice@example.org')]);
    await waits;
    expect(await couriers.rows()).toMatchObject([{ id, parked_at: null, tries: 0 }]);
    await couriers.start({ SEAL_KEYS: `${newKey},${couriers.seal}` });
    expect(await mailbox.mailTo('alice@example.org')).toMatchObject({ messageId: `<${id}@localhost>` });
  });

  it('publishes events as CloudEvents, masks passwords, and records the last login', async () => {
    await couriers.begin();
    const eventsOf = await listenForEvents();
    const alice = await enrol(couriers.source);
    await couriers.put([outboxEvent('login', alice), outboxEvent('password_set', alice)]);
    await couriers.start({ EVENTS_SOURCE: 'https://id.example.org' });

    const [login] = await eventsOf('login');
    await eventsOf('password_set');
    const event = cloudEvent.parse(login!.json());
    expect(login!.headers?.get('Nats-Msg-Id')).toBe(event.id);
    expect(login!.headers?.get('content-type')).toBe('application/cloudevents+json');
    expect(event).toMatchObject({
      ...{ source: 'https://id.example.org', type: 'gatehouse.login', subject: `users/${alice.uuid}` },
      data: { context: { password: '********************' }, user: { uuid: alice.uuid }, level: 'info' },
    });
    await couriers.put([outboxEvent('logout')]);
    await eventsOf('logout');
    const [row] = await couriers.source.query('SELECT last_login FROM directory.users WHERE id = $1', [alice.uuid]);
    expect(row.last_login).toEqual(new Date(event.time));
  });

  it('retries when the mail server is busy, and sends the mail once', async () => {
    const answers = [smtpError(421, 'busy')];
    const mailbox = await couriers.begin({ refuse: () => answers.pop() });
    const eventsOf = await listenForEvents();
    await couriers.start({ MAIL_RETRY_S: '1' });
    await couriers.put([mailTo('alice@example.org')]);

    await eventsOf('email_sent');
    expect(answers).toEqual([]);
    expect(mailbox.mails).toHaveLength(1);
  });

  it('parks a mail that cannot be sent, and stores the reason', async () => {
    const refuse = (to: string) => (to.startsWith('nobody') ? smtpError(550, 'who') : smtpError(451, 'busy'));
    const mailbox = await couriers.begin({ refuse });
    const courier = await couriers.start({ MAIL_TRIES: '1' });
    const parked = courier.says(/"outcome":"parked"/, 6);
    await couriers.put(
      [mailTo('alice@example.org', { link_ttl_s: 60 }), mailTo('bob@example.org', { code_ttl_s: 60 })],
      61,
    );
    await couriers.put([
      mailTo('alice@example.org'),
      mailTo('nobody@example.org'),
      mailTo('alice@example.org', { template: 'email/none.html' }),
      mailTo('alice'),
    ]);
    await parked;

    const rows = (await couriers.rows()).filter(({ topic }) => topic === 'mail');
    expect(rows.every(({ parked_at }) => parked_at !== null)).toBe(true);
    const reasons = [
      /451/,
      /550/,
      /email\/none/,
      /its link has expired/,
      /its code has expired/,
      /not a valid email address/,
    ];
    for (const reason of reasons) expect(rows.filter(({ error }) => reason.test(error ?? ''))).toHaveLength(1);
    expect(mailbox.mails).toEqual([]);
  });

  it('limits the mails per address and parks the excess', async () => {
    const mailbox = await couriers.begin();
    const eventsOf = await listenForEvents();
    const courier = await couriers.start({ MAIL_PER_ADDRESS: '2', MAIL_CONCURRENCY: '1' });
    const parked = courier.says(/"outcome":"parked"/);
    await couriers.put([1, 2, 3].map(() => mailTo('alice@example.org')));
    await couriers.put([mailTo('bob@example.org')]);
    await Promise.all([parked, eventsOf('email_sent', 3)]);

    const recipients = mailbox.mails.map((mail) => mail.recipients.join());
    expect(recipients.filter((to) => to === 'alice@example.org')).toHaveLength(2);
    expect(recipients).toContain('bob@example.org');
    expect((await couriers.rows()).filter(({ topic }) => topic === 'mail')).toMatchObject([
      { error: expect.stringContaining('more than 2 mails') },
    ]);
  });

  it('deletes a mail without recipient and does not send it (it equalises the cost for unknown users)', async () => {
    const mailbox = await couriers.begin();
    const eventsOf = await listenForEvents();
    await couriers.start({ MAIL_CONCURRENCY: '1' });
    await couriers.put([mailTo(null)]);
    await couriers.put([mailTo('alice@example.org')]);
    await eventsOf('email_sent');

    expect(mailbox.mails).toHaveLength(1);
    expect((await couriers.rows()).filter(({ topic }) => topic === 'mail')).toEqual([]);
  });

  it('finishes the mails that it is sending at SIGTERM, once, takes no other, and is not ready but live meanwhile', async () => {
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const mailbox = await couriers.begin({ beforeAccepting: () => released });
    const eventsOf = await listenForEvents();
    const port = await freePort();
    const courier = await couriers.startApart({ MAIL_CONCURRENCY: '2', MONITORING_PORT: String(port) });
    const probe = async (name: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}/-/health/${name}/`);
      return [answer.status, await answer.json()];
    };
    expect(await probe('ready')).toEqual([200, { status: 'ok' }]);
    await couriers.put([mailTo('alice@example.org'), mailTo('bob@example.org')]);
    await mailbox.until(() => mailbox.pending.length === 2);
    await couriers.put([mailTo('carol@example.org')]);
    const stopping = courier.says(/stopping/);
    const exitCode = courier.stop();
    await stopping;
    expect(await probe('ready')).toEqual([503, { status: 'unavailable', missing: ['stopping'] }]);
    expect(await probe('live')).toEqual([200, { status: 'ok' }]);
    expect(mailbox.mails).toEqual([]);
    release();
    expect(await exitCode).toBe(0);
    expect((await couriers.rows()).filter(({ topic }) => topic === 'mail')).toMatchObject([
      { tries: 0, parked_at: null },
    ]);

    await couriers.start();
    await eventsOf('email_sent', 3);
    const recipients = mailbox.mails.map((mail) => mail.recipients[0]);
    expect(new Set(recipients.slice(0, 2))).toEqual(new Set(['alice@example.org', 'bob@example.org']));
    expect(recipients.slice(2)).toEqual(['carol@example.org']);
  });

  it('exits with code 0 after MAIL_DEADLINE_S if a mail server is slower, and leaves the mail to another courier', async () => {
    const never = new Promise<void>(() => undefined);
    const beforeAccepting = ({ greeting }: { greeting: string }) => (greeting === 'first' ? never : Promise.resolve());
    const mailbox = await couriers.begin({ beforeAccepting });
    const courier = await couriers.startApart({ MAIL_NAME: 'first', MAIL_DEADLINE_S: '2' });
    const [id] = await couriers.put([mailTo('alice@example.org')]);
    await mailbox.until(() => mailbox.pending.length === 1);
    expect(await courier.stop()).toBe(0);
    expect(await couriers.rows()).toMatchObject([
      { id, tries: 1, parked_at: null, error: 'the mail was not sent within 2 seconds' },
    ]);

    await couriers.start();
    expect(await mailbox.mailTo('alice@example.org')).toMatchObject({ messageId: `<${id}@localhost>` });
  });

  it('keeps events while the bus is down and publishes them when the bus is back', async () => {
    await couriers.begin();
    const courier = await couriers.start({ EVENTS_TIMEOUT_MS: '200' });
    const noticed = courier.says(/bus_lost/);
    await couriers.nats.stop();
    await noticed;
    const failed = courier.says(/events_not_published/);
    await couriers.put([outboxEvent('login')]);
    await failed;
    await couriers.restartBus();
    const eventsOf = await listenForEvents();

    expect((await eventsOf('login'))[0]!.json()).toMatchObject({ data: { action: 'login' } });
  });

  it('waits for the acknowledgement of a JetStream stream if one is configured', async () => {
    await couriers.begin();
    const listener = await couriers.listen();
    listeners.push(listener);
    const courier = await couriers.start({ EVENTS_STREAM: 'AUDIT', EVENTS_TIMEOUT_MS: '1000' });
    const failed = courier.says(/events_not_published/);
    await couriers.put([outboxEvent('login')]);
    await failed;
    expect(await couriers.rows()).toHaveLength(1);
    const eventsOf = await listenForEvents();
    const stream = { name: 'AUDIT', subjects: ['events.>'], storage: 'file', num_replicas: 1 };
    await listener.request('$JS.API.STREAM.CREATE.AUDIT', JSON.stringify(stream));
    await eventsOf('login');
    await courier.stop();

    const info = await listener.request('$JS.API.STREAM.INFO.AUDIT', '');
    expect(info.json()).toMatchObject({ state: { messages: 1 } });
    expect(await couriers.rows()).toEqual([]);
  });

  it('authenticates only over STARTTLS with a trusted certificate', async () => {
    const certificate = createCertificate();
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mail-'));
    await writeFile(join(folder, 'ca.crt'), certificate.cert);
    const login = { user: 'house', password: 'of cards' };
    const mailbox = await couriers.begin({ ...certificate, login });
    const settings = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt'), MAIL_HOST: 'localhost', MAIL_TLS: 'starttls' };
    await couriers.startApart({ ...settings, MAIL_USERNAME: login.user, MAIL_PASSWORD: login.password });
    await couriers.put([mailTo('alice@example.org')]);

    expect(await mailbox.mailTo('alice@example.org')).toMatchObject({ encrypted: true, user: 'house' });
    await rm(folder, { recursive: true });
  });

  it('sends a mail by the SMTP server of its stage', async () => {
    const mailbox = await couriers.begin({ login: { user: 'stage', password: 'own' } });
    await couriers.start({ MAIL_PORT: '1' });
    const smtp = {
      ...{ host: '127.0.0.1', port: mailbox.port, username: 'stage', password: 'own' },
      ...({ tls: 'none', timeout_s: 5, from: 'stage@example.org' } as const),
    };
    await couriers.put([mailTo('alice@example.org', { smtp })]);

    expect(await mailbox.mailTo('alice@example.org')).toMatchObject({
      user: 'stage',
      from: { address: 'stage@example.org' },
    });
  });
});

describeWithNats('two couriers', () => {
  const MAILS = 100;

  it('send no mail twice, and when one is killed, the other sends the mails of the killed one', async () => {
    const released = new Promise<void>(() => undefined);
    // The mail server never accepts mails of the first courier, so that this courier is killed while it waits.
    const beforeAccepting = ({ greeting }: { greeting: string }) =>
      greeting === 'first' ? released : Promise.resolve();
    const mailbox = await couriers.begin({ beforeAccepting });
    const eventsOf = await listenForEvents();
    const load = { MAIL_CONCURRENCY: '5', MAIL_DEADLINE_S: '2' };
    const [first] = await Promise.all([
      couriers.startApart({ ...load, MAIL_NAME: 'first' }),
      couriers.start({ ...load, MAIL_NAME: 'second' }),
    ]);
    await couriers.put(Array.from({ length: MAILS }, (_, n) => mailTo(`user-${n}@example.org`)));
    await mailbox.until(() => mailbox.pending.filter(({ greeting }) => greeting === 'first').length === 5);
    first.kill();
    await first.gone;
    await eventsOf('email_sent', MAILS);

    const { mails } = mailbox;
    expect(mails).toHaveLength(MAILS);
    expect(new Set(mails.map(({ recipients }) => recipients[0])).size).toBe(MAILS);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(MAILS);
  });
});

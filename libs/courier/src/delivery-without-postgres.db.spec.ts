import { flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { eventMessage, mailMessage, type OutboxMessage, outboxRow } from '@gatehouse/outbox';
import { BusDownError, type Publisher, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LogRecorder } from '../../../test/support/log-recorder.js';
import { EventDelivery } from './event-delivery.js';
import { MailDelivery } from './mail-delivery.js';
import { OutboxRepository } from './outbox.repository.js';
import { SmtpMailTransport } from './smtp-mail-transport.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);
const FACTS = { ...REQUEST_FACTS, user: undefined };
const EVENT = eventMessage({ action: 'login', context: {} }, FACTS);
const MAIL = mailMessage(
  { type: 'mail', to: null, template: 'email/password_reset.html', subject: '', locale: 'en', variables: {} },
  FACTS,
);

let source: DataSource;
let close: () => Promise<void>;
let outbox: OutboxRepository;
let log: LogRecorder;
let onLine: () => void;

beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  outbox = new OutboxRepository(source, sealer);
});
afterAll(() => close());
beforeEach(() => {
  onLine = () => undefined;
  log = new LogRecorder(() => onLine());
});

/** Leases `count` new messages. Then makes every statement on the outbox fail, until `restore` is called. */
async function leaseAndFail(message: OutboxMessage, count: number) {
  for (let i = 0; i < count; i++) {
    const { id, topic, body } = outboxRow({ ...message }, sealer);
    await source.query('INSERT INTO flow.outbox (id, topic, body, due_at) VALUES ($1, $2, $3, now())', [
      id,
      topic,
      body,
    ]);
  }
  const leased = await outbox.lease(message === MAIL ? 'mail' : 'event', count, 60);
  await source.query('ALTER TABLE flow.outbox RENAME TO outbox_away');
  return { leased, restore: () => source.query('ALTER TABLE flow.outbox_away RENAME TO outbox') };
}

it('while the bus and Postgres are down, a batch of events is abandoned after one failed statement', async () => {
  const { leased, restore } = await leaseAndFail(EVENT, 3);
  const publisher = { publish: () => Promise.reject(new BusDownError('away')) } as unknown as Publisher;
  const delivery = new EventDelivery({
    outbox,
    publisher,
    source: 'urn:test',
    logger: log.logger,
    observe: () => undefined,
  });
  await delivery.handle(leased);
  await restore();
  expect(leased).toHaveLength(3);
  expect(log.events).toEqual(['events_not_published', 'events_not_rescheduled']);
});

it('when the courier stops, storing the outcome of a mail is abandoned at its deadline, not at the end of its lease', async () => {
  const { leased, restore } = await leaseAndFail(MAIL, 1);
  const server = {
    host: 'localhost',
    port: 1,
    tls: 'none',
    from: '',
    username: '',
    password: '',
    timeout_s: 1,
  } as const;
  const settings = {
    ...{ server, tries: 1, retryS: 1, retryMaxS: 1, perAddress: 1, perAddressPeriodS: 1, leaseS: 3600, deadlineS: 0 },
  };
  const transport = new SmtpMailTransport({ name: undefined, deadlineS: 1 });
  const delivery = new MailDelivery({ outbox, transport, settings, logger: log.logger, observe: () => undefined });
  onLine = () => delivery.stop();
  await delivery.handle(leased[0]!);
  await restore();
  expect(log.events).toEqual(['mail_outcome_not_stored']);
});

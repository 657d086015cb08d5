import { traceAttributes } from '@gatehouse/contracts';
import {
  annotateSpan,
  type Bus,
  Logger,
  NatsBus,
  openPool,
  type Publisher,
  Readiness,
  type RunningPart,
  reportKeys,
  runPeriodically,
  Sealer,
} from '@gatehouse/platform';
import { SCHEMA_VERSIONS } from '@gatehouse/schemas';
import type { CourierConfig } from './courier.config.js';
import { deliveries, mails, registerOutboxMetrics } from './courier.metrics.js';
import { traceEvents, traceMail } from './delivery-spans.js';
import { EventDelivery, eventLeaseS, withLaterEvents } from './event-delivery.js';
import { MailDelivery } from './mail-delivery.js';
import { type LeasedMessage, type MessageKind, OutboxRepository } from './outbox.repository.js';
import { PollLoop } from './poll-loop.js';
import { type MailServer, SmtpMailTransport } from './smtp-mail-transport.js';
import { deliverWebhooks } from './webhooks/deliver-webhooks.js';
import { registerWebhookMetrics } from './webhooks/webhook.metrics.js';
import { WebhookDeliveryRepository } from './webhooks/webhook-delivery.repository.js';
import { type WebhookEndpoints, webhookEndpointsOf } from './webhooks/webhook-endpoints.js';

/** Seconds between two deletions of expired rows. */
const SWEEP_S = 600;

/** Starts to deliver the outbox: mails by SMTP, events on `bus` and then to webhook endpoints. */
export async function startCourier(
  config: CourierConfig,
  readiness: Readiness = new Readiness(),
  bus: Bus = new NatsBus(config, readiness),
): Promise<RunningPart> {
  const logger = new Logger(config.LOG_LEVEL);
  const endpoints = webhookEndpointsOf(config, config.EVENTS_KEPT_S);
  const source = await openPool({ schema: 'flow', config, readiness, versions: SCHEMA_VERSIONS });
  const publisher = await bus.openPublisher('courier', publisherSettings(config), logger);
  const sealer = new Sealer(config.SEAL_KEYS);
  reportKeys('SEAL_KEYS', sealer);
  const outbox = new OutboxRepository(source, sealer);
  const dependencies = { config, outbox, deliveries: new WebhookDeliveryRepository(source, sealer), logger };
  if (config.MONITORING_PORT !== undefined) registerMetrics(dependencies, endpoints);
  const events = deliverEvents(dependencies, publisher, endpoints.namesFor);
  const loops = [deliverMails(dependencies), events, ...deliverWebhooks(endpoints, dependencies)];
  const stopSweeping = runPeriodically(SWEEP_S, () => sweep(dependencies), logger);
  return {
    refused: publisher.refused,
    close: async () => {
      logger.event('stopping');
      stopSweeping();
      await Promise.all(loops.map((loop) => loop.close()));
      await publisher.close();
      await source.destroy();
    },
  };
}

const publisherSettings = (config: CourierConfig) => ({
  timeoutMs: config.EVENTS_TIMEOUT_MS,
  stream: config.EVENTS_STREAM,
});

interface Dependencies {
  readonly config: CourierConfig;
  readonly outbox: OutboxRepository;
  readonly deliveries: WebhookDeliveryRepository;
  readonly logger: Logger;
}

async function sweep({ config, outbox, deliveries }: Dependencies): Promise<void> {
  await outbox.sweep(config.OUTBOX_KEEP_S, config.MAIL_PER_ADDRESS_PERIOD_S);
  await outbox.sweepKept(config.EVENTS_KEPT_S);
  await deliveries.sweep(config.WEBHOOK_MAX_AGE_S, config.OUTBOX_KEEP_S);
}

function registerMetrics({ outbox, deliveries }: Dependencies, { enabled }: WebhookEndpoints): void {
  registerOutboxMetrics(outbox);
  registerWebhookMetrics(
    deliveries,
    enabled.map(({ name }) => name),
  );
}

type OutboxDependencies = Omit<Dependencies, 'deliveries'>;

function deliverMails({ config, outbox, logger }: OutboxDependencies): Pick<PollLoop<LeasedMessage>, 'close'> {
  const leaseS = 2 * config.MAIL_DEADLINE_S;
  const settings = {
    ...{ server: serverOf(config), tries: config.MAIL_TRIES },
    ...{ leaseS, deadlineS: config.MAIL_DEADLINE_S },
    ...{ retryS: config.MAIL_RETRY_S, retryMaxS: config.MAIL_RETRY_MAX_S },
    ...{ perAddress: config.MAIL_PER_ADDRESS, perAddressPeriodS: config.MAIL_PER_ADDRESS_PERIOD_S },
  };
  const transport = new SmtpMailTransport({ name: config.MAIL_NAME, deadlineS: config.MAIL_DEADLINE_S });
  const observe = (outcome: 'sent' | 'later' | 'parked', ms: number) => {
    deliveries.observe({ sort: 'mail', outcome }, ms / 1000);
    mails.inc({ outcome: outcome === 'later' ? 'retried' : outcome });
    annotateSpan(() => ({ [traceAttributes.outcome]: outcome }));
  };
  const delivery = new MailDelivery({ outbox, transport, settings, logger, observe });
  const loop = new PollLoop({
    size: config.MAIL_CONCURRENCY,
    pollMs: config.OUTBOX_POLL_MS,
    take: (limit) => leaseOpened({ config, outbox, logger }, { kind: 'mail', limit, leaseS }),
    handle: (message) => traceMail(message, () => delivery.handle(message)),
    onFault: (error) => logger.event('outbox_not_read', { error }),
  });
  const close = () => {
    delivery.stop();
    return loop.close();
  };
  return { close };
}

function deliverEvents(
  { config, outbox, logger }: OutboxDependencies,
  publisher: Publisher,
  webhooksFor: (action: string) => readonly string[],
): PollLoop<readonly LeasedMessage[]> {
  const observe = (outcome: string, ms: number) => {
    deliveries.observe({ sort: 'event', outcome }, ms / 1000);
    annotateSpan(() => ({ [traceAttributes.outcome]: outcome }));
  };
  const { EVENTS_SOURCE: source } = config;
  const delivery = new EventDelivery({ outbox, publisher, source, webhooksFor, logger, observe });
  const leaseS = eventLeaseS(config.EVENTS_TIMEOUT_MS);
  return new PollLoop<readonly LeasedMessage[]>({
    size: 1,
    pollMs: config.OUTBOX_POLL_MS,
    take: async () => {
      const batch = await leaseOpened(
        { config, outbox, logger },
        { kind: 'event', limit: config.EVENTS_BATCH, leaseS },
      );
      return batch.length > 0 ? [batch] : [];
    },
    handle: (batch) => traceEvents(batch, () => delivery.handle(batch)),
    onFault: (error) => logger.event('outbox_not_read', { error }),
  });
}

interface Lease {
  readonly kind: MessageKind;
  readonly limit: number;
  readonly leaseS: number;
}

/**
 * Leases due messages. Postpones those whose seal key this courier lacks, together with later events of the same users.
 */
async function leaseOpened(
  { config, outbox, logger }: OutboxDependencies,
  { kind, limit, leaseS }: Lease,
): Promise<LeasedMessage[]> {
  const messages = await outbox.lease(kind, limit, leaseS);
  const sealed = messages.filter(({ missingKey }) => missingKey !== undefined);
  if (sealed.length === 0) return messages;
  const waiting = withLaterEvents(messages, new Set(sealed));
  await outbox.postpone([...waiting], { delayS: config.SEAL_KEY_RETRY_S, orderS: config.EVENTS_ORDER_S });
  const [{ missingKey: reason } = {}] = sealed;
  logger.event('messages_await_key', { sort: kind, messages: sealed.length, reason });
  return messages.filter((message) => !waiting.has(message));
}

const serverOf = (config: CourierConfig): MailServer => ({
  ...{ host: config.MAIL_HOST, port: config.MAIL_PORT, tls: config.MAIL_TLS, from: config.MAIL_FROM },
  ...{ username: config.MAIL_USERNAME, password: config.MAIL_PASSWORD, timeout_s: config.MAIL_TIMEOUT_S },
});

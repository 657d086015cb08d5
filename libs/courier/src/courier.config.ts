import { commonConfig, natsConfig, postgresConfig } from '@gatehouse/platform';
import { z } from 'zod';

const whole = (fallback: number, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of the courier, beyond those of every process. */
export const courierSettings = z.object({
  MAIL_HOST: z.string().default('localhost').describe('Mail server, unless an email stage has its own'),
  MAIL_PORT: whole(25, { max: 65_535 }).describe('Its port'),
  MAIL_TLS: z
    .enum(['none', 'starttls', 'implicit'])
    .default('none')
    .describe(
      '`starttls`: encrypted from the start of the conversation on, or not at all; `implicit`: from its first byte on',
    ),
  MAIL_USERNAME: z.string().default('').describe('Name to authenticate with; without it nobody authenticates'),
  MAIL_PASSWORD: z.string().default('').describe('Its password'),
  MAIL_FROM: z.string().default('gatehouse@localhost').describe('Address that mails come from'),
  MAIL_NAME: z.string().optional().meta({
    description: 'Name by which the courier greets mail servers',
    'x-default': "the machine's",
  }),
  MAIL_TIMEOUT_S: whole(10, { max: 300 }).describe('Seconds of silence after which a mail server counts as away'),
  MAIL_DEADLINE_S: whole(60, { max: 600 }).describe(
    'Seconds that one mail may take in all; after twice as many another courier takes up what one left behind',
  ),
  MAIL_CONCURRENCY: whole(5, { max: 100 }).describe('Mails that one courier sends at a time'),
  MAIL_TRIES: whole(12, { max: 100 }).describe('Times that a mail is tried before it is parked'),
  MAIL_RETRY_S: whole(10, { max: 3600 }).describe('Seconds until a mail is tried again; each time twice as long'),
  MAIL_RETRY_MAX_S: whole(3600, { max: 86_400 }).describe('Longest of these delays'),
  MAIL_PER_ADDRESS: whole(20, { max: 10_000 }).describe(
    'Mails to one address in a period; those beyond it are parked, so that nobody can be flooded with them',
  ),
  MAIL_PER_ADDRESS_PERIOD_S: whole(3600, { max: 604_800 }).describe('Seconds of that period'),
  EVENTS_BATCH: whole(100, { max: 1000 }).describe('Events that are published together'),
  EVENTS_TIMEOUT_MS: whole(5000, { min: 100, max: 60_000 }).describe('Milliseconds until NATS must have taken them'),
  EVENTS_STREAM: z.string().optional().meta({
    description: 'JetStream stream that must have stored an event before it is forgotten here',
    'x-default': 'none: that the server has taken it is enough',
  }),
  OUTBOX_POLL_MS: whole(500, { min: 10, max: 60_000 }).describe('Milliseconds between two looks into an empty outbox'),
  OUTBOX_KEEP_S: whole(30 * 86_400).describe('Seconds that what was parked is kept'),
});

/** Everything an operator can set for the courier, by environment variable. */
export const courierConfig = z.object({
  ...commonConfig.shape,
  ...natsConfig.shape,
  ...postgresConfig.shape,
  ...courierSettings.shape,
  SEAL_KEYS: z.string().describe('The keys that the gateway seals the outbox with'),
});
export type CourierConfig = z.output<typeof courierConfig>;

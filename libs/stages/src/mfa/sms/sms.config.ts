import { z } from 'zod';

/** Settings of text messages, read from the environment. */
export const smsConfig = z.object({
  SMS_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(9000)
    .default(4000)
    .describe('Milliseconds that the provider of text messages may take to accept a message'),
  SMS_COOLDOWN_S: z.coerce
    .number()
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .describe('Seconds between two text messages to one number or for one user'),
  SMS_MAX_AN_HOUR: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe(
      'Text messages an hour to one number and for one user. The clients of one network may request ten times as many',
    ),
  SMS_HOSTS: z
    .string()
    .default('*')
    .describe(
      'Hosts of webhooks that messages may be sent to, comma separated. `*` allows every public host. A private host must be named',
    ),
  SMS_TWILIO_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.twilio.com')
    .describe('Base URL of the Twilio API, or of a proxy in front of it'),
});

import { z } from 'zod';

/** Levels of log lines in ascending order. `LOG_LEVEL` is the lowest level that is written. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'security', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const id = (description: string) => z.string().describe(description);
const count = (description: string) => z.int().min(0).describe(description);

/**
 * Schema of a text that may contain an error of another program. Passwords, tokens and mail addresses in it are masked.
 */
const freeText = (description: string) => z.string().meta({ description, free: true });

/** Schema of an error in a log line. */
export const logError = z
  .strictObject({
    type: z.string().describe('Name of the class of the error'),
    message: z.string(),
    stack: z.string().optional().describe('Stack of the error, and the stacks of its causes'),
    code: z.string().optional().describe('Error code of Node.js or SQLSTATE of Postgres, if the error has one'),
  })
  .describe('An error');

/**
 * All fields that a log line can have besides `logHead`. A field has the same meaning in every event. No field may
 * contain a secret, a user name or a mail address: a test compares the names with the rules of
 * docs/spec/events.md#masking.
 */
export const logFields = {
  request_id: id('Id of the HTTP request: the header `X-authentik-id` of its response'),
  plan: id('Id of the plan: all lines of one run of a flow have it'),
  request: id('Id of the request to a stage or to the policies: `<plan>.<revision of the plan>.<number>`'),
  flow: id('Slug of the flow'),
  stage: id('Kind of the stage'),
  component: id('Component of the challenge that was shown'),
  verb: id('Kind of the request to the stage: `challenge` or `respond`'),
  method: id('HTTP method'),
  outcome: id('Outcome. The description of the event lists the values'),
  problem: id('Code of the problem ([errors](errors.md))'),
  reasons: id(
    'Why an answer or a login was refused: the header `x-gatehouse-reason`, such as `password=password_invalid`',
  ),
  duration_ms: z.number().min(0).describe('Duration in milliseconds'),
  user: id('uuid of the user'),
  application: id('Slug of the application'),
  subject: id('Pseudonym of a name without an account: 16 hexadecimal digits of the HMAC that counts its attempts'),
  client_ip: id('Address of the client'),
  route: id('Pattern of the path, such as `/api/v3/core/users/me`'),
  ended: count('Number of sessions that were ended'),
  violations: z.array(z.string()).meta({ description: 'How the reply violates the contract', free: true }),
  reason: freeText('Reason, for the operator'),
  error: logError,
  url: id('Address at which the process serves HTTP'),
  dependency: id('What the process waits for: `bus`, `database` or `migrations`'),
  address: id('Addresses of the NATS servers, without users and passwords'),
  nats_subject: id('Subject on NATS'),
  retry_ms: count('Milliseconds until the next try'),
  migration: id('Name of the migration'),
  context: id('Part of NestJS that wrote the line'),
  policy: freeText('Name of the policy, or of the field whose expression failed'),
  kind: id('Kind of the policy'),
  provider: id('Host of the provider'),
  status: z.int().describe('HTTP status that the provider answered'),
  source: id('Slug of the source'),
  backend: id('Backend of the password stage'),
  operation: id('Kind of the request to the service'),
  mail: id('Id of the mail in the outbox'),
  transmitter: id('Name of the transmitter of security events'),
  endpoint: id('Name of the webhook endpoint'),
  delivery: id('Number of the delivery of an event to a webhook endpoint'),
  tries: count('Number of tries so far'),
  sort: id('Kind of the messages: `mail`, `event` or `webhook`'),
  messages: count('Number of messages'),
  lost_spans: count('Number of spans that were lost'),
  suppressed_event: id('Name of the event whose lines were left out'),
  lines: count('Number of lines that were left out'),
  header_bytes: count('Bytes of the headers with the identity of the user'),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type LogFieldName = keyof typeof logFields;

/** Names of the fields whose texts are masked before they are written. */
export const freeTextFields: ReadonlySet<string> = new Set(
  Object.entries(logFields)
    .filter(([, schema]) => schema.meta()?.['free'] === true)
    .map(([name]) => name),
);

// A stage of Gatehouse in TypeScript: it asks how the visitor may be reached, and shares the answer with later stages and
// policies. Needs Node 22.18 or newer, which runs TypeScript, and one package.
import { connect, type Msg, nkeyAuthenticator } from '@nats-io/transport-node';

const KIND = 'x_example_contact';
const CHANNELS = ['email', 'phone', 'none'];
const PHONE = /^\+?[0-9 ()/-]{5,30}$/;

/** The contract of the stage, by which Gatehouse also draws its page. The gateway refuses replies that violate it. */
const DESCRIPTOR = {
  v: 1,
  kind: KIND,
  component: 'x-example-contact',
  config: {
    type: 'object',
    properties: { question: { type: 'string', maxLength: 200, default: 'How may we reach you?' } },
  },
  challenge: { type: 'object', properties: { question: { type: 'string' } } },
  response: {
    type: 'object',
    properties: {
      channel: {
        type: 'string',
        title: 'Reach me by',
        oneOf: [
          { const: 'email', title: 'Email' },
          { const: 'phone', title: 'Phone' },
          { const: 'none', title: 'Not at all' },
        ],
      },
      phone: { type: 'string', title: 'Phone number', description: 'Only if we may call you', maxLength: 30 },
    },
    required: ['channel'],
  },
  state: { type: 'object' },
  page: { title: 'Stay in touch', button: 'Continue', shows: ['question'], asks: ['channel', 'phone'] },
  errors: { phone_invalid: { string: 'Enter a phone number, such as +49 30 123456.', code: 'invalid' } },
  // Later stages and policies read the answer.
  facts: {
    x_example_contact: {
      schema: {
        type: 'object',
        properties: { channel: { type: 'string' }, phone: { type: 'string' } },
        required: ['channel'],
      },
      writes: true,
    },
  },
  // No answer guesses a credential, so the gateway must not count answers as attempts.
  guesses: false,
  deadline_ms: 5000,
};

type Json = Record<string, unknown>;

/** A request whose members have their JSON types. The config and the answer are not checked yet. */
interface Request {
  readonly config: Json;
  readonly response?: Json;
}

/** Returns the form. Must have no side effects, because it is called whenever the step is shown. */
function challenge({ config }: Request): Json {
  return { type: 'challenge', challenge: form(config) };
}

/** Judges an answer. */
function respond({ config, response = {} }: Request): Json {
  const { channel, phone } = response;
  if (channel === undefined) return rejected(config, 'channel', 'required');
  if (typeof channel !== 'string' || !CHANNELS.includes(channel)) return rejected(config, 'channel', 'not_accepted');
  if (channel !== 'phone') return { type: 'passed', context: { x_example_contact: { channel } } };
  if (typeof phone !== 'string' || !PHONE.test(phone)) return rejected(config, 'phone', 'phone_invalid');
  return { type: 'passed', context: { x_example_contact: { channel, phone } } };
}

const rejected = (config: Json, field: string, code: string): Json => ({
  type: 'rejected',
  errors: { [field]: [{ code }] },
  challenge: form(config),
});

const form = ({ question }: Json) => ({
  question: typeof question === 'string' ? question : DESCRIPTOR.config.properties.question.default,
});

// The protocol: JSON requests and replies.

const VERBS: Readonly<Record<string, (request: Request) => unknown>> = {
  challenge,
  respond,
  describe: () => DESCRIPTOR,
};
const TEXTS = ['id', 'locale'];
const OBJECTS = ['flow', 'step', 'site', 'client', 'session', 'query', 'config', 'attached', 'context'];
const OPTIONAL_OBJECTS = ['state', 'response'];

class BadRequestError extends Error {}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the reply to a message. Always replies, so that the gateway does not wait for the deadline. */
function answer(verb: string, body: string): unknown {
  try {
    const request = read(body);
    if (verb !== 'describe') check(request);
    return VERBS[verb]?.(request as unknown as Request);
  } catch (error) {
    const code = error instanceof BadRequestError ? 'stage_bad_request' : 'stage_fault';
    return { problem: { code, detail: (error as Error).message } };
  }
}

function read(body: string): Record<string, unknown> {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    throw new BadRequestError('the request is not valid JSON');
  }
  if (!isObject(request) || request['v'] !== 1) throw new BadRequestError('the request must be an object with v = 1');
  return request;
}

function check(request: Record<string, unknown>): void {
  const wrong = [
    ...TEXTS.filter((name) => typeof request[name] !== 'string'),
    ...['timeout_ms'].filter((name) => typeof request[name] !== 'number'),
    ...OBJECTS.filter((name) => !isObject(request[name])),
    ...OPTIONAL_OBJECTS.filter((name) => request[name] !== undefined && !isObject(request[name])),
  ];
  if (wrong.length > 0) throw new BadRequestError(`${wrong[0]} is missing or has the wrong type`);
}

// The bus.

const { NATS_URL = 'nats://127.0.0.1:4222', NATS_NKEY_SEED, NATS_USER, NATS_PASSWORD = '' } = process.env;
const connection = await connect({
  servers: NATS_URL.split(','),
  name: KIND,
  // With tls://, the client refuses a server without TLS. NODE_EXTRA_CA_CERTS names an authority of your own.
  ...(NATS_URL.includes('tls://') ? { tls: {} } : {}),
  ...(NATS_NKEY_SEED ? { authenticator: nkeyAuthenticator(new TextEncoder().encode(NATS_NKEY_SEED)) } : {}),
  ...(NATS_USER ? { user: NATS_USER, pass: NATS_PASSWORD } : {}),
  waitOnFirstConnect: true,
  maxReconnectAttempts: -1,
  pingInterval: 2000,
});
// The queue group has the name of the kind, so that replicas share the requests.
for (const verb of Object.keys(VERBS))
  connection.subscribe(`stage.${KIND}.${verb}`, {
    queue: KIND,
    callback: (_: unknown, message: Msg) => void message.respond(JSON.stringify(answer(verb, message.string()))),
  });
// Unsubscribes, answers the requests that have arrived, and then ends the connection and with it the process.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void connection.drain());
await connection.flush();
const say = (verb: string) => process.stdout.write(`${verb} ${KIND}\n`);
say('serving');

for await (const { type } of connection.status()) if (type === 'reconnect') say('serving');
const error = await connection.closed();
if (error) {
  process.stderr.write(`${KIND}: ${error.message}\n`);
  process.exitCode = 1;
} else say('leaving');

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { eventStreamConfig, saveEventStream } from '../../libs/courier/src/index.js';
import { OPERATOR } from '../../libs/local/src/index.js';
import { CLOUD_EVENT_CONTENT_TYPE } from '../../libs/outbox/src/index.js';
import { dialNats, natsConfig } from '../../libs/platform/src/index.js';
import { Logger } from '../../libs/platform/src/logger.js';
import { NatsBus } from '../../libs/platform/src/nats-bus.js';
import { runCli, runCliOk } from '../support/commands.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { describeWithNats, startNats } from '../support/nats.js';
import { NatsCluster } from '../support/nats-cluster.js';
import type { Environment } from '../support/processes.js';
import { SERVICES } from './catalogue.js';
import { readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { containersOf, find, inputOf, localEnvironment, renderer, renderSite } from './kubernetes.js';

/** A second in nanoseconds, the unit of JetStream. */
const SECOND = 1_000_000_000;

/** The command and the environment with which a deployment creates the stream. */
interface Job {
  readonly command: readonly string[];
  readonly environment: Environment;
}

/** Operations on streams. The operator may run only the first three. */
const OPERATIONS = ['CREATE.events', 'UPDATE.events', 'INFO.events', 'DELETE.events', 'PURGE.events', 'MSG.GET.events'];

describeWithNats('the event stream', () => {
  let cluster: NatsCluster;
  let env: Environment;
  /** Index of the server that the first test stops and the second test starts again. */
  let stopped: number;

  beforeAll(async () => {
    env = await freshEnvironment();
    cluster = await NatsCluster.open(inject('natsServer'), env);
  });
  afterAll(() => cluster?.close());

  const settingsOf = (user: string): Environment => ({
    NATS_URL: cluster.url,
    NATS_NKEY_SEED: env[`NATS_NKEY_SEED_${user.toUpperCase()}`] ?? '',
  });
  const save = (settings: Environment = {}) =>
    runCli('events', ['stream'], { env: { ...settingsOf('operator'), EVENTS_STREAM: 'events', ...settings } });

  /** Publishes an event with the id `one` as the courier, and returns it when the stream has accepted it. */
  async function publishLogin(url: string) {
    const publisher = await new NatsBus({ ...settingsOf('courier'), NATS_URL: url }).openPublisher(
      'courier',
      { timeoutMs: 5000, stream: 'events' },
      new Logger('silent'),
    );
    const event = { id: 'one', subject: 'events.login', contentType: CLOUD_EVENT_CONTENT_TYPE, body: {} };
    expect(await publisher.publish([event])).toEqual([]);
    await publisher.close();
    return event;
  }

  /** Returns the configuration and the number of events of the stream. */
  async function stored() {
    const operator = await cluster.connectAs('operator');
    const reply = await operator.request('$JS.API.STREAM.INFO.events', '', { timeout: 5000 });
    const { config, state } = reply.json<{ config: Record<string, unknown>; state: { messages: number } }>();
    return { ...config, messages: state.messages };
  }

  it('is not created while a server that it needs is down, and the command says why', async () => {
    stopped = await cluster.follower();
    await cluster.server(stopped).stop('SIGTERM');
    const { code, stderr } = await save({ EVENTS_REPLICAS: '3', EVENTS_STREAM_WAIT_S: '0' });
    expect(stderr).toMatch(/^events: NATS refuses the stream events: .* offline/);
    expect(code).toBe(1);
  });

  it('is created on three servers as soon as the last one has started', async () => {
    const bus = await dialNats(natsConfig.parse(settingsOf('operator')), OPERATOR);
    let starting: Promise<void> | undefined;
    const request = bus.request.bind(bus);
    vi.spyOn(bus, 'request').mockImplementation(async (subject, ...others) => {
      const bytes = await request(subject, ...others);
      if (subject === '$JS.API.STREAM.CREATE.events') starting ??= cluster.start(stopped);
      return bytes;
    });
    try {
      const config = eventStreamConfig.parse({ EVENTS_STREAM: 'events', EVENTS_REPLICAS: '3' });
      expect(await saveEventStream(bus, config)).toBe('created');
      expect(await stored()).toMatchObject({ num_replicas: 3 });
    } finally {
      await starting;
      await bus.close();
    }
  });

  it('stores a repeated event once, and keeps its events when the command changes its limits', async () => {
    expect(await save({ EVENTS_REPLICAS: '3', EVENTS_MAX_AGE_S: '60' })).toMatchObject({
      code: 0,
      stdout: 'stream events updated\n',
    });
    expect(await stored()).toMatchObject({ max_age: 60 * SECOND, duplicate_window: 60 * SECOND });
    await publishLogin(cluster.url);
    await publishLogin(cluster.url);
    expect(await save({ EVENTS_REPLICAS: '3', EVENTS_MAX_BYTES: '1048576' })).toMatchObject({
      code: 0,
      stdout: 'stream events updated\n',
    });
    expect(await stored()).toMatchObject({
      ...{ name: 'events', subjects: ['events.*'], num_replicas: 3, discard: 'old', storage: 'file', messages: 1 },
      ...{ max_age: 30 * 86_400 * SECOND, max_bytes: 1_048_576, duplicate_window: 600 * SECOND },
    });
  });

  /** Returns the command and the environment of the container `stream` of docker-compose.yml. */
  function composeJob(settings: Environment): Job {
    const { command = [], environment = {} } = readCompose({ ...env, ...settings })['stream'] ?? {};
    return { command, environment };
  }

  /** Returns the command and the environment of the Job `stream` of the overlay ha, with its files in `folder`. */
  function kubernetesJob(settings: Environment, folder: string): Job {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    const manifests = renderSite({
      overlay: 'ha',
      secrets: env,
      settings: `BASE_URL=https://x.example\n${lines.join('')}`,
    });
    const job = find(manifests, 'Job', 'stream');
    const [container] = containersOf(job);
    const environment = localEnvironment(inputOf(manifests, job, container!), folder);
    return { command: container?.args ?? [], environment };
  }

  const run = ({ command: [program, ...args], environment }: Job) => {
    expect(program).toBe('dist/apps/cli/src/events.js');
    return runCli('events', args, { env: { ...environment, NATS_URL: cluster.url } });
  };
  const NOT_SET = { code: 0, stdout: expect.stringContaining('EVENTS_STREAM is not set') };

  it('gets the limits in .env from the compose job, which does nothing without EVENTS_STREAM', async () => {
    expect(await run(composeJob({}))).toMatchObject(NOT_SET);
    const settings = { EVENTS_STREAM: 'events', EVENTS_REPLICAS: '3', EVENTS_MAX_BYTES: '2097152' };
    expect(await run(composeJob(settings))).toMatchObject({ code: 0, stdout: 'stream events updated\n' });
    expect(await stored()).toMatchObject({ max_bytes: 2_097_152, num_replicas: 3, messages: 1 });
  });

  it.skipIf(!renderer)(
    'gets three replicas from the Kubernetes Job of the overlay ha if EVENTS_STREAM is set',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stream-'));
      try {
        const job = kubernetesJob({ EVENTS_STREAM: 'events', EVENTS_MAX_AGE_S: '7200' }, folder);
        const { EVENTS_STREAM: _, ...others } = job.environment;
        expect(await run({ ...job, environment: others })).toMatchObject(NOT_SET);
        expect(await run(job)).toMatchObject({ code: 0, stdout: 'stream events updated\n' });
        expect(await stored()).toMatchObject({ max_age: 7200 * SECOND, num_replicas: 3, messages: 1 });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it('can only be created and updated by the operator, who cannot delete, purge or read it', async () => {
    const allowed: Record<string, string[]> = {};
    for (const user of [...SERVICES, 'operator']) {
      const connection = await cluster.connectAs(user);
      const refused = refusedSubjects(connection);
      for (const operation of OPERATIONS) connection.publish(`$JS.API.STREAM.${operation}`, '{}');
      await connection.flush();
      await connection.close();
      const subjects = await refused;
      const operations = OPERATIONS.filter((operation) => !subjects.has(`$JS.API.STREAM.${operation}`));
      if (operations.length > 0) allowed[user] = operations;
    }
    expect(allowed).toEqual({ operator: OPERATIONS.slice(0, 3) });
  });

  it.each([
    {
      what: 'a subcommand other than stream',
      args: ['streams'],
      settings: {},
      message: /usage: npm run events -- stream/,
    },
    { what: 'an unknown option', args: ['stream', '--force'], settings: {}, message: /--if-set/ },
    { what: 'an empty stream name', settings: { EVENTS_STREAM: '' }, message: /EVENTS_STREAM/ },
    { what: 'a stream name with a dot', settings: { EVENTS_STREAM: 'my.events' }, message: /letters, digits/ },
    { what: 'two replicas', settings: { EVENTS_REPLICAS: '2' }, message: /must be 1, 3 or 5/ },
    {
      what: 'more replicas than servers',
      settings: { EVENTS_STREAM: 'other', EVENTS_REPLICAS: '5' },
      message: /NATS refuses the stream/,
    },
    { what: 'an unreachable server', settings: { NATS_URL: 'nats://127.0.0.1:1' }, message: /cannot be reached/ },
  ])(
    'is not created or updated with $what: the command prints a message without a stack trace',
    async ({ args = ['stream'], settings, message }) => {
      const all = { ...settingsOf('operator'), EVENTS_STREAM: 'events', ...settings };
      const { code, stderr } = await runCli('events', args, { env: all });
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n +at /);
    },
  );

  it('can be read, but not deleted or written, by a consumer with the permissions of audit-events.md', async () => {
    const consumer = await freshEnvironment();
    const user = DocumentedCommands.of('docs/how-to/audit-events.md').block('text', /nkey: /);
    const users = `users: [\n${user.replace('UPUBLICKEY', consumer['NATS_NKEY_SESSION'] ?? '')}`;
    const config = (await readFile('deploy/nats/nats.conf', 'utf8')).replace('users: [', users);
    const nats = await startNats({ config, env });
    const seed = new TextEncoder().encode(consumer['NATS_NKEY_SEED_SESSION']);
    const authenticator = nkeyAuthenticator(seed);
    const connection = await connect({ servers: nats.url, authenticator, inboxPrefix: '_INBOX_siem' });
    try {
      expect(await save({ NATS_URL: nats.url })).toMatchObject({ code: 0, stdout: 'stream events created\n' });
      const { contentType } = await publishLogin(nats.url);
      // The program `nats` of the page is not installed, so the test sends the requests of its arguments.
      const commands = DocumentedCommands.of('docs/how-to/audit-events.md').block('sh', /^nats /m);
      const [, inbox, stream, name, deliver, ack] =
        /^nats --inbox-prefix (\S+) consumer add (\w+) (\w+) --pull --deliver (\w+) --ack (\w+) --defaults$/m.exec(
          commands,
        )!;
      expect(commands).toContain(`\nnats --inbox-prefix ${inbox} consumer next ${stream} ${name} --ack\n`);
      expect(inbox).toBe('_INBOX_siem');
      const settings = { durable_name: name, ack_policy: ack, deliver_policy: deliver };
      const request = JSON.stringify({ stream_name: stream, config: settings });
      const created = await connection.request(`$JS.API.CONSUMER.CREATE.${stream}.${name}`, request);
      expect(created.json()).toMatchObject({ name: 'siem', num_pending: 1 });
      const message = await connection.request('$JS.API.CONSUMER.MSG.NEXT.events.siem', '', {
        // The reply has the subject of the event, so the client could not match it to a request in a shared inbox.
        ...{ noMux: true, timeout: 5000 },
      });
      expect(message.headers?.get('content-type')).toBe(contentType);
      expect(message.headers?.get('Nats-Msg-Id')).toBe('one');
      await connection.request(message.reply ?? '', '+ACK');
      const info = await connection.request('$JS.API.CONSUMER.INFO.events.siem', '');
      expect(info.json()).toMatchObject({ num_ack_pending: 0, num_pending: 0, ack_floor: { stream_seq: 1 } });
      const refused = refusedSubjects(connection);
      const forbidden = ['$JS.API.STREAM.DELETE.events', '$JS.API.CONSUMER.CREATE.events.other', 'events.login'];
      for (const subject of forbidden) connection.publish(subject, '{}');
      await connection.flush();
      await connection.close();
      expect([...(await refused)].sort()).toEqual(forbidden.sort());
    } finally {
      await connection.close();
      await nats.stop();
    }
  });

  it('is not created on a server without JetStream, and the command says so', async () => {
    const nats = await startNats();
    try {
      const settings = { NATS_URL: nats.url, EVENTS_STREAM: 'events' };
      await expect(runCliOk('events', ['stream'], { env: settings })).rejects.toThrow('has no JetStream');
    } finally {
      await nats.stop();
    }
  });
});

/** Resolves, when the connection is closed, with the subjects that its user was not permitted to publish to. */
async function refusedSubjects(connection: NatsConnection): Promise<Set<string>> {
  const subjects = new Set<string>();
  for await (const status of connection.status())
    if (status.type === 'error') {
      const [, subject] = /Permissions Violation for Publish to "([^"]+)"/i.exec(status.error.message) ?? [];
      if (subject) subjects.add(subject);
    }
  return subjects;
}

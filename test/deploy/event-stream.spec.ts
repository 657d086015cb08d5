import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Logger } from '../../libs/platform/src/logger.js';
import { NatsBus } from '../../libs/platform/src/nats-bus.js';
import { runCli, runCliOk } from '../support/commands.js';
import { describeWithNats, startNats } from '../support/nats.js';
import { NatsCluster } from '../support/nats-cluster.js';
import type { Environment } from '../support/processes.js';
import { SERVICES } from './catalogue.js';
import { freshEnvironment } from './env-file.js';

/** Operations on streams, of which the operator may run the first three. */
const OPERATIONS = ['CREATE.events', 'UPDATE.events', 'INFO.events', 'DELETE.events', 'PURGE.events', 'MSG.GET.events'];

describeWithNats('the stream of events in deploy/nats', () => {
  let cluster: NatsCluster;
  let env: Environment;

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

  /** Returns the configuration and the number of events of the stream. */
  async function stored() {
    const operator = await cluster.connectAs('operator');
    const reply = await operator.request('$JS.API.STREAM.INFO.events', '', { timeout: 5000 });
    const { config, state } = reply.json<{ config: Record<string, unknown>; state: { messages: number } }>();
    return { ...config, messages: state.messages };
  }

  it('is created on three servers by the command, which a second run changes without losing events', async () => {
    expect(await save({ EVENTS_REPLICAS: '3', EVENTS_MAX_AGE_S: '3600' })).toMatchObject({
      code: 0,
      stdout: 'stream events created\n',
    });
    const publisher = await new NatsBus({ ...settingsOf('courier'), NATS_URL: cluster.url }).openPublisher(
      'courier',
      { timeoutMs: 5000, stream: 'events' },
      new Logger('silent'),
    );
    await publisher.publish([{ id: 'one', subject: 'events.login', contentType: 'application/json', body: {} }]);
    await publisher.close();
    expect(await save({ EVENTS_REPLICAS: '3', EVENTS_MAX_BYTES: '1048576' })).toMatchObject({
      code: 0,
      stdout: 'stream events updated\n',
    });
    expect(await stored()).toMatchObject({
      ...{ name: 'events', subjects: ['events.*'], num_replicas: 3, discard: 'old', storage: 'file', messages: 1 },
      ...{ max_age: 30 * 86_400 * 1_000_000_000, max_bytes: 1_048_576 },
    });
  });

  it('can be managed by the operator only, who can neither delete nor read it', async () => {
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
    { what: 'another word than stream', verb: 'streams', settings: {}, message: /usage: npm run events -- stream/ },
    { what: 'no name', settings: { EVENTS_STREAM: '' }, message: /EVENTS_STREAM/ },
    { what: 'a name with a dot', settings: { EVENTS_STREAM: 'my.events' }, message: /letters, digits/ },
    { what: 'two replicas', settings: { EVENTS_REPLICAS: '2' }, message: /must be 1, 3 or 5/ },
    {
      what: 'more replicas than servers',
      settings: { EVENTS_STREAM: 'other', EVENTS_REPLICAS: '5' },
      message: /NATS refuses the stream/,
    },
    { what: 'a server that is away', settings: { NATS_URL: 'nats://127.0.0.1:1' }, message: /cannot be reached/ },
  ])('refuses $what with a sentence', async ({ verb = 'stream', settings, message }) => {
    const all = { ...settingsOf('operator'), EVENTS_STREAM: 'events', ...settings };
    const { code, stderr } = await runCli('events', [verb], { env: all });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
  });

  it('says that a server has no JetStream', async () => {
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

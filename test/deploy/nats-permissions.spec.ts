import { readFileSync } from 'node:fs';
import { PASSWORD_HASH_SUBJECT } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import { MAY_ASK, PATTERNS, type Pattern, SERVICES } from './catalogue.js';
import { freshEnvironment } from './env-file.js';

const SUBJECTS = [...PATTERNS.values()].flat();
/** What somebody tries to listen to. */
type Listened = Omit<Pattern, 'queue'> & Partial<Pattern>;

const describes = (subject: string) => subject.endsWith('.describe');
/** Somebody whom an operator lets listen to what happens. */
const AUDITOR =
  '{ user: auditor, password: auditor, permissions: { publish: { deny: ">" }, subscribe: ["events.>"] } },';
const ASKERS = ['gateway', 'operator', 'courier'];
const OTHERS: Listened[] = [
  ...SUBJECTS.map(({ subject }) => ({ subject })),
  ...SUBJECTS.map(({ subject }) => ({ subject, queue: 'another' })),
  ...[
    '>',
    'stage.>',
    'stage.password.*',
    '_INBOX.>',
    '_INBOX_gateway.>',
    '_INBOX_operator.>',
    '_INBOX_courier.>',
    'events.>',
  ].map((subject) => ({ subject })),
];

describeWithNats('deploy/nats/nats.conf', () => {
  let nats: RunningNats;
  const users = new Map<string, NatsConnection>();
  const as = (service: string) => users.get(service)!;

  beforeAll(async () => {
    const env = await freshEnvironment();
    const config = readFileSync('deploy/nats/nats.conf', 'utf8').replace('users: [', `users: [${AUDITOR}`);
    nats = await startNats({ config, env });
    for (const user of [...SERVICES, 'operator']) {
      const pass = env[`NATS_PASSWORD_${user.toUpperCase()}`]!;
      users.set(
        user,
        await connect({ servers: nats.url, user, pass, inboxPrefix: `_INBOX_${user}`, noAsyncTraces: true }),
      );
    }
  });
  afterAll(async () => {
    await Promise.all([...users.values()].map((connection) => connection.close()));
    await nats?.stop();
  });

  /** Which of `patterns` a user may listen to. */
  async function audible(service: string, patterns: readonly Listened[]): Promise<Listened[]> {
    const heard = patterns.map(({ subject, queue }) =>
      as(service).subscribe(subject, { ...(queue ? { queue } : {}), callback: () => undefined }),
    );
    await as(service).flush();
    const open = patterns.filter((_, i) => !heard[i]!.isClosed());
    for (const subscription of heard) subscription.unsubscribe();
    return open;
  }

  /** What reaches the services whose subjects they are when a user publishes to each of them, and to the gateway's inbox. */
  async function audience(service: string): Promise<string[]> {
    const arrived: string[] = [];
    const listening = [...PATTERNS].flatMap(([owner, patterns]) =>
      patterns.map(({ subject, queue }) =>
        as(owner).subscribe(subject, { queue, callback: (_, message) => void arrived.push(message.subject) }),
      ),
    );
    for (const user of ASKERS) {
      const callback = (_: unknown, message: { subject: string }) => void arrived.push(message.subject);
      listening.push(as(user).subscribe(`_INBOX_${user}.x`, { callback }));
    }
    for (const user of users.values()) await user.flush();
    for (const { subject } of [...SUBJECTS, ...ASKERS.map((user) => ({ subject: `_INBOX_${user}.x` }))])
      as(service).publish(subject, 'x');
    await as(service).flush();
    for (const user of users.values()) await user.flush();
    for (const subscription of listening) subscription.unsubscribe();
    return arrived.sort();
  }

  it.each([...PATTERNS.keys()])(
    'lets %s listen to its own subjects in their queues, and to nothing else',
    async (service) => {
      expect(await audible(service, SUBJECTS)).toEqual(PATTERNS.get(service));
      const answers = service in MAY_ASK ? [{ subject: `_INBOX_${service}.>` }] : [];
      expect(await audible(service, [...OTHERS, { subject: `_INBOX_${service}.>` }])).toEqual(answers);
    },
  );

  it.each(ASKERS)('lets the %s listen to its answers, and to nothing else', async (user) => {
    expect(await audible(user, SUBJECTS)).toEqual([]);
    expect(await audible(user, OTHERS)).toEqual([{ subject: `_INBOX_${user}.>` }]);
  });

  it('lets the gateway ask every stage to show and to judge, and for policies, and the operator what a stage is', async () => {
    const subjects = SUBJECTS.map(({ subject }) => subject).sort();
    const asked = subjects.filter((subject) => !describes(subject) && subject !== PASSWORD_HASH_SUBJECT);
    expect(await audience('gateway')).toEqual(asked);
    expect(await audience('operator')).toEqual(subjects.filter(describes));
  });

  it('lets the courier tell what has happened, ask nobody, and nobody else tell', async () => {
    expect(await audience('courier')).toEqual([]);
    const told: string[] = [];
    const administrator = await connect({ servers: nats.url, user: 'auditor', pass: 'auditor' });
    const callback = (_: unknown, message: { string(): string }) => void told.push(message.string());
    administrator.subscribe('events.>', { callback });
    await administrator.flush();
    for (const [user, connection] of users) {
      connection.publish('events.login', user);
      await connection.flush();
    }
    await administrator.flush();
    expect(told).toEqual(['courier']);
    await administrator.close();
  });

  it.each([...PATTERNS.keys()])(
    'lets %s ask only whom it needs, and tell the gateway nothing that it has not asked',
    async (service) => {
      expect(await audience(service)).toEqual(MAY_ASK[service] ?? []);
    },
  );

  it.each([...PATTERNS.keys()])('lets %s answer a question, once', async (service) => {
    const { subject, queue } = PATTERNS.get(service)![0]!;
    const asked = as(service).subscribe(subject, {
      queue,
      callback: (_, message) => ['first', 'second'].forEach((answer) => message.respond(answer)),
    });
    const answers: string[] = [];
    const inbox = as('gateway').subscribe('_INBOX_gateway.y', {
      callback: (_, message) => void answers.push(message.string()),
    });
    await Promise.all([as(service).flush(), as('gateway').flush()]);
    as('gateway').publish(subject, 'question', { reply: '_INBOX_gateway.y' });
    // The question has arrived once the server has answered both, and the answers once it has done so again.
    for (const user of ['gateway', service, service, 'gateway']) await as(user).flush();
    expect(answers).toEqual(['first']);
    for (const subscription of [asked, inbox]) subscription.unsubscribe();
  });

  it('lets nobody in who has no password, or that of another', async () => {
    const options = { servers: nats.url, reconnect: false };
    await expect(connect(options)).rejects.toThrow(/authorization/i);
    await expect(connect({ ...options, user: 'gateway', pass: 'x' })).rejects.toThrow(/authorization/i);
  });
});

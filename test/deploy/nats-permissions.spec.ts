import { readFileSync } from 'node:fs';
import { PASSWORD_HASH_SUBJECT, PASSWORD_REUSE_SUBJECT, STAGE_VERBS, stageSubject } from '@gatehouse/contracts';
import { connect, type NatsConnection, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DROPPING_ACTIONS } from '../../apps/gateway/src/forward-auth/user-event.listener.js';
import { MESSAGE_SUBJECT } from '../../apps/gateway/src/sockets/session-message.js';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import type { Environment } from '../support/processes.js';
import { ALLOWED_CALLS, PATTERNS, type Pattern, SERVICES } from './catalogue.js';
import { freshEnvironment } from './env-file.js';
import { stageUsers } from './stage-user.js';

const SUBJECTS = [...PATTERNS.values()].flat();
/** A subscription that a NATS user attempts. Without `queue`, it joins no queue group. */
type Subscription = Omit<Pattern, 'queue'> & Partial<Pattern>;

const isDescribe = (subject: string) => subject.endsWith('.describe');
/** The config of a NATS user that an operator adds to subscribe to events. */
const AUDITOR =
  '{ user: auditor, password: auditor, permissions: { publish: { deny: ">" }, subscribe: ["events.>"] } },';
const CALLERS = ['gateway', 'operator', 'checker', 'courier'];
/** Kinds of external stages, each with a NATS user that `npm run deploy:stage` has made. */
const EXTERNAL = ['x_acme_terms', 'x_other_stage'];
const externalPatterns = (kind: string): Pattern[] =>
  STAGE_VERBS.map((verb) => ({ subject: stageSubject(kind, verb), queue: kind }));
const FORBIDDEN: Subscription[] = [
  ...SUBJECTS.map(({ subject }) => ({ subject })),
  ...SUBJECTS.map(({ subject }) => ({ subject, queue: 'another' })),
  ...[
    '>',
    'stage.>',
    'stage.password.*',
    '_INBOX.>',
    '_INBOX_gateway.>',
    '_INBOX_operator.>',
    '_INBOX_checker.>',
    'stage.*.respond',
    ...EXTERNAL.map((kind) => `stage.${kind}.*`),
    '_INBOX_courier.>',
    'events.>',
  ].map((subject) => ({ subject })),
];

describeWithNats('deploy/nats/nats.conf', () => {
  let nats: RunningNats;
  let env: Environment;
  const users = new Map<string, NatsConnection>();
  const as = (service: string) => users.get(service)!;

  beforeAll(async () => {
    env = await freshEnvironment();
    const config = readFileSync('deploy/nats/nats.conf', 'utf8').replace('users: [', `users: [${AUDITOR}`);
    const external = await stageUsers(...EXTERNAL);
    nats = await startNats({ config, env, files: { 'stages/users.conf': external.config } });
    for (const kind of EXTERNAL) users.set(kind, await external.connect(kind, nats.url));
    for (const user of [...SERVICES, 'operator', 'checker']) {
      const authenticator = nkeyAuthenticator(new TextEncoder().encode(env[`NATS_NKEY_SEED_${user.toUpperCase()}`]));
      const options = { servers: nats.url, inboxPrefix: `_INBOX_${user}`, noAsyncTraces: true };
      users.set(user, await connect({ ...options, authenticator }));
    }
  });
  afterAll(async () => {
    await Promise.all([...users.values()].map((connection) => connection.close()));
    await nats?.stop();
  });

  /** Returns those of `patterns` to which the NATS user of a service may subscribe. */
  async function subscribable(service: string, patterns: readonly Subscription[]): Promise<Subscription[]> {
    const subscriptions = patterns.map(({ subject, queue }) =>
      as(service).subscribe(subject, { ...(queue ? { queue } : {}), callback: () => undefined }),
    );
    await as(service).flush();
    const allowed = patterns.filter((_, i) => !subscriptions[i]!.isClosed());
    for (const subscription of subscriptions) subscription.unsubscribe();
    return allowed;
  }

  /** Publishes to each subject and inbox as a NATS user. Returns those whose subscribers got the message. */
  async function reachable(service: string): Promise<string[]> {
    const received: string[] = [];
    const owners = [...PATTERNS, ...EXTERNAL.map((kind) => [kind, externalPatterns(kind)] as const)];
    const subscriptions = owners.flatMap(([owner, patterns]) =>
      patterns.map(({ subject, queue }) =>
        as(owner).subscribe(subject, { queue, callback: (_, message) => void received.push(message.subject) }),
      ),
    );
    for (const user of CALLERS) {
      const callback = (_: unknown, message: { subject: string }) => void received.push(message.subject);
      subscriptions.push(as(user).subscribe(`_INBOX_${user}.x`, { callback }));
    }
    for (const user of users.values()) await user.flush();
    const subjects = [...SUBJECTS, ...EXTERNAL.flatMap(externalPatterns)];
    for (const { subject } of [...subjects, ...CALLERS.map((user) => ({ subject: `_INBOX_${user}.x` }))])
      as(service).publish(subject, 'x');
    await as(service).flush();
    for (const user of users.values()) await user.flush();
    for (const subscription of subscriptions) subscription.unsubscribe();
    return received.sort();
  }

  it.each([...PATTERNS.keys()])('lets %s subscribe only to its own subjects in their queue groups', async (service) => {
    expect(await subscribable(service, SUBJECTS)).toEqual(PATTERNS.get(service));
    const answers = service in ALLOWED_CALLS ? [{ subject: `_INBOX_${service}.>` }] : [];
    expect(await subscribable(service, [...FORBIDDEN, { subject: `_INBOX_${service}.>` }])).toEqual(answers);
  });

  it.each(CALLERS)('lets the %s subscribe only to its own inbox', async (user) => {
    expect(await subscribable(user, SUBJECTS)).toEqual([]);
    expect(await subscribable(user, FORBIDDEN)).toEqual([{ subject: `_INBOX_${user}.>` }]);
  });

  it('lets the gateway call stages and the policy service, and the operator only request descriptors', async () => {
    const subjects = [...SUBJECTS, ...EXTERNAL.flatMap(externalPatterns)].map(({ subject }) => subject).sort();
    const withPasswords = [PASSWORD_HASH_SUBJECT, PASSWORD_REUSE_SUBJECT];
    const callable = subjects.filter((subject) => !isDescribe(subject) && !withPasswords.includes(subject));
    expect(await reachable('gateway')).toEqual(['_INBOX_gateway.x', ...callable]);
    expect(await reachable('operator')).toEqual(subjects.filter(isDescribe));
  });

  it('lets the checker call external stages, and no stage or service of Gatehouse', async () => {
    const subjects = EXTERNAL.flatMap(externalPatterns).map(({ subject }) => subject);
    expect(await reachable('checker')).toEqual(subjects.sort());
  });

  it.each(EXTERNAL)(
    'lets the NATS user of the external stage %s only serve this stage, in its queue group',
    async (kind) => {
      const own = externalPatterns(kind);
      const all = [...SUBJECTS, ...EXTERNAL.flatMap(externalPatterns)];
      expect(await subscribable(kind, all)).toEqual(own);
      const unqueued = [...own, ...FORBIDDEN].map(({ subject }) => ({ subject }));
      expect(await subscribable(kind, unqueued)).toEqual([]);
      expect(await reachable(kind)).toEqual([]);
    },
  );

  it('accepts no password for placeholder users that no stage uses', async () => {
    const passwords = ['', 'unused-8', `$2a$04$${'.'.repeat(53)}`];
    for (const pass of passwords)
      await expect(connect({ servers: nats.url, user: 'unused-8', pass, reconnect: false })).rejects.toThrow(
        /authorization/i,
      );
  });

  it('lets only gateways publish and receive messages for visitors', async () => {
    const subject = MESSAGE_SUBJECT;
    for (const user of users.keys())
      expect([user, await subscribable(user, [{ subject }])]).toEqual([user, user === 'gateway' ? [{ subject }] : []]);
    const received: string[] = [];
    const callback = (_: unknown, message: { string(): string }) => void received.push(message.string());
    const subscription = as('gateway').subscribe(subject, { callback });
    await as('gateway').flush();
    for (const [user, connection] of users) {
      connection.publish(subject, user);
      await connection.flush();
    }
    await as('gateway').flush();
    expect(received).toEqual(['gateway']);
    subscription.unsubscribe();
  });

  it('lets only gateways subscribe to events, and only to those that end sessions or change users', async () => {
    const dropping = DROPPING_ACTIONS.map((action) => ({ subject: `events.${action}` }));
    for (const user of users.keys())
      expect([
        user,
        await subscribable(user, [...dropping, { subject: 'events.login' }, { subject: 'events.*' }]),
      ]).toEqual([user, user === 'gateway' ? dropping : []]);
  });

  it('lets only the courier publish events, and lets it call no service', async () => {
    expect(await reachable('courier')).toEqual(['_INBOX_courier.x']);
    const received: string[] = [];
    const auditor = await connect({ servers: nats.url, user: 'auditor', pass: 'auditor' });
    const callback = (_: unknown, message: { string(): string }) => void received.push(message.string());
    auditor.subscribe('events.>', { callback });
    await auditor.flush();
    for (const [user, connection] of users) {
      connection.publish('events.login', user);
      await connection.flush();
    }
    await auditor.flush();
    expect(received).toEqual(['courier']);
    await auditor.close();
  });

  it.each([...PATTERNS.keys()])(
    'lets %s call only the services that it needs, and publish to no inbox',
    async (service) => {
      const describes = EXTERNAL.map((kind) => stageSubject(kind, 'describe'));
      const allowed = [...(ALLOWED_CALLS[service] ?? []), ...(service === 'blueprints' ? describes : [])];
      expect(await reachable(service)).toEqual(allowed.sort());
    },
  );

  it.each([...PATTERNS.keys(), ...EXTERNAL])('lets %s send only one reply to a request', async (service) => {
    const { subject, queue } = (PATTERNS.get(service) ?? externalPatterns(service))[0]!;
    const requests = as(service).subscribe(subject, {
      queue,
      callback: (_, message) => ['first', 'second'].forEach((answer) => message.respond(answer)),
    });
    const answers: string[] = [];
    const inbox = as('gateway').subscribe('_INBOX_gateway.y', {
      callback: (_, message) => void answers.push(message.string()),
    });
    await Promise.all([as(service).flush(), as('gateway').flush()]);
    as('gateway').publish(subject, 'question', { reply: '_INBOX_gateway.y' });
    // After the first two flushes, the request has arrived. After the last two, the replies have arrived.
    for (const user of ['gateway', service, service, 'gateway']) await as(user).flush();
    expect(answers).toEqual(['first']);
    for (const subscription of [requests, inbox]) subscription.unsubscribe();
  });

  it('rejects a connection without an nkey, with an unknown nkey, or with the public key as a password', async () => {
    const options = { servers: nats.url, reconnect: false };
    await expect(connect(options)).rejects.toThrow(/authorization/i);
    const unknown = nkeyAuthenticator(nkeys.createUser().getSeed());
    await expect(connect({ ...options, authenticator: unknown })).rejects.toThrow(/authorization/i);
    const login = { user: 'gateway', pass: env['NATS_NKEY_GATEWAY']! };
    await expect(connect({ ...options, ...login })).rejects.toThrow(/authorization/i);
  });
});

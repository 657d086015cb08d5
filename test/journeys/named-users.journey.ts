import type { PolicyReply, PolicyRequest, SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry, savedUser } from '../support/administrators.js';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { describeWithNats } from '../support/nats.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';

const RIGHT = { password: 'correct-horse-7' };
const STOLEN = { password: 'stolen-horse-9' };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const ADMINS = administratorsEntry('root', 'chief', 'boss');

describeWithNats('an enrollment service that is taken over', () => {
  let house: Deployment;
  let rogue: NatsConnection;
  let write: (request: StageRequest) => StageReply;
  let root: SavedUser;
  beforeAll(async () => {
    house = await Deployment.open({
      services: ['identification', 'password', 'session', 'mfa'],
      blueprints: [
        blueprint(
          ...['mallory', 'root', 'chief', 'boss'].map((name) => userEntry(name)),
          ADMINS,
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('enrol', [writing('always_create'), CODES, LOGIN], { designation: 'enrollment' }),
          flowEntries('plain', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
        ),
      ],
    });
    root = await savedUser(house, 'root');
    rogue = await connect({ servers: house.nats.url });
    rogue.subscribe('stage.user_write.challenge', {
      queue: 'user_write',
      callback: (_, message) => void message.respond(JSON.stringify(write(message.json<StageRequest>()))),
    });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await house?.close();
  });

  it('adds no device to a superuser whom it says that it has created', async () => {
    write = () => ({ type: 'passed', context: { pending_user: root } }) as StageReply;
    const browser = house.browser();
    const shown = await browser.show('enrol');
    await browser.solve('enrol', {});
    const devices = await house.rows('SELECT kind FROM mfa.devices WHERE user_id = $1', [root.uuid]);
    expect({ devices, shown: shown.body['component'], codes: shown.body['codes'] }).toMatchObject({ devices: [] });
  });

  it('gets no permit for a superuser whom it says that it has created', async () => {
    const asked: unknown[] = [];
    const permits: unknown[] = [];
    write = (request) => {
      asked.push((request.context['pending_user'] as SavedUser | undefined)?.username);
      return asked.length > 1
        ? { type: 'denied' }
        : ({
            type: 'passed',
            context: { pending_user: root },
            insert: {
              where: 'before',
              steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'skip' } }],
            },
          } as unknown as StageReply);
    };
    await house.rows('DELETE FROM mfa.devices');
    await house.browser().show('plain');
    permits.push(...(await house.rows('SELECT user_id FROM directory.superuser_permits')));
    expect({ permits, asked }).toEqual({ permits: [], asked: [undefined] });
  });
});

describeWithNats('a policy service that is taken over', () => {
  let house: Deployment;
  let mailbox: Mailbox;
  let rogue: NatsConnection;
  let policy: (request: PolicyRequest) => PolicyReply['context']['set'] = () => ({});
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    house = await Deployment.open({
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'courier'],
      environment: { MAIL_HOST: '127.0.0.1', MAIL_PORT: String(mailbox.port), OUTBOX_POLL_MS: '20' },
      blueprints: [
        blueprint(
          ...['mallory', 'root', 'chief', 'boss'].map((name) => userEntry(name)),
          ADMINS,
          expressionEntry('any', 'return True'),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          fieldEntry('new', ['password', 'password']),
          flowEntries('change', [asking('new', ['password']), writing('never_create')], {
            ...{ designation: 'stage_configuration', authentication: 'require_authenticated' },
          }),
          boundEntry('change', 'any'),
          ...[fieldEntry('sign', ['username', 'username']), fieldEntry('sign', ['password', 'password'])],
          flowEntries('signup', [asking('sign', ['username', 'password']), writing('create_when_required'), LOGIN], {
            designation: 'enrollment',
          }),
          boundEntry('signup', 'any'),
          flowEntries('device', [CODES], {
            ...{ designation: 'stage_configuration', authentication: 'require_authenticated' },
          }),
          boundEntry('device', 'any'),
          flowEntries('recover', [IDENTIFICATION, EMAIL, asking('new', ['password']), writing('never_create'), LOGIN], {
            designation: 'recovery',
          }),
          boundEntry('recover', 'any'),
        ),
      ],
    });
    rogue = await connect({ servers: house.nats.url });
    rogue.subscribe('policy.evaluate', {
      queue: 'policy',
      callback: (_, message) => {
        const request = message.json<PolicyRequest>();
        const results = Object.fromEntries(request.policies.map(({ id }) => [id, { pass: true, messages: [] }]));
        message.respond(JSON.stringify({ results, context: { set: policy(request), unset: [] } }));
      },
    });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await house?.close();
    await mailbox?.close();
  });
  const login = async (uid_field: string, answer = RIGHT) => {
    const browser = house.browser();
    await browser.solve('login', { uid_field });
    await browser.solve('login', answer);
    return browser;
  };

  it('changes the password of no other user than the visitor who is logged in', async () => {
    const root = await savedUser(house, 'root');
    const mallory = await login('mallory');
    policy = () => ({ pending_user: root });
    const seen = [await mallory.show('change'), await mallory.solve('change', STOLEN)].map(
      ({ body }) => body['component'],
    );
    policy = () => ({});
    expect({ seen, root: await usernameOf(await login('root', STOLEN)) }).toEqual({ seen, root: undefined });
  });

  it('names no superuser in a flow where visitors sign up', async () => {
    const chief = await savedUser(house, 'chief');
    const visitor = house.browser();
    policy = () => ({ pending_user: chief });
    await visitor.show('signup');
    await visitor.solve('signup', { username: 'chief', ...STOLEN });
    const seen = [await visitor.show('signup'), await visitor.solve('signup', { username: 'chief2', ...STOLEN })];
    policy = () => ({});
    const attacker = await login('chief2', STOLEN);
    expect({
      seen: seen.map(({ body }) => body['component']),
      visitor: await usernameOf(visitor),
      attacker: await usernameOf(attacker),
      groups: await house.rows(`SELECT username FROM directory.identities WHERE is_superuser ORDER BY 1`),
    }).toMatchObject({
      visitor: undefined,
      groups: [{ username: 'boss' }, { username: 'chief' }, { username: 'root' }],
    });
  });

  it('adds a device to no other user than the visitor who is logged in', async () => {
    const chief = await savedUser(house, 'chief');
    const mallory = await login('mallory');
    policy = () => ({ pending_user: chief });
    await mallory.show('device');
    await mallory.solve('device', {});
    policy = () => ({});
    expect(await house.rows('SELECT kind FROM mfa.devices WHERE user_id = $1', [chief.uuid])).toEqual([]);
  });

  it('proves no superuser by a mail that it sent to another address', async () => {
    const mallory = house.browser();
    policy = () => ({ email: 'evil@example.net' });
    await mallory.show('recover');
    await mallory.solve('recover', { uid_field: 'boss' });
    await expect.poll(() => mailbox.mails.length).toBeGreaterThan(0);
    policy = () => ({});
    const [mail] = mailbox.mails;
    const { link } = readMail(mail!);
    const query = link.search.slice(1);
    const attacker = house.browser();
    const seen = [
      (await attacker.show('recover', query)).body,
      (await attacker.solve('recover', {}, query)).body,
      (await attacker.solve('recover', STOLEN, query)).body,
    ].map((body) => body['component']);
    const again = await usernameOf(await login('boss', STOLEN));
    expect({ to: mail!.recipients, seen, attacker: await usernameOf(attacker), again }).toMatchObject({
      to: ['evil@example.net'],
      attacker: undefined,
      again: undefined,
    });
  });
});

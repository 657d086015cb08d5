import type { PolicyReply, PolicyRequest, SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry, savedUser } from '../support/administrators.js';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';

const RIGHT = { password: 'correct-horse-7' };
const STOLEN = { password: 'stolen-horse-9' };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const ADMINS = administratorsEntry('root', 'chief', 'boss');

describeWithNats('a compromised enrollment service', () => {
  let deployment: Deployment;
  let rogue: NatsConnection;
  let replyToWrite: (request: StageRequest) => StageReply;
  let root: SavedUser;
  beforeAll(async () => {
    deployment = await Deployment.open({
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
    root = await savedUser(deployment, 'root');
    rogue = await connect({ servers: deployment.nats.url });
    rogue.subscribe('stage.user_write.challenge', {
      queue: 'user_write',
      callback: (_, message) => void message.respond(JSON.stringify(replyToWrite(message.json<StageRequest>()))),
    });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await deployment?.close();
  });

  it('cannot add a device to a superuser that it claims to have created', async () => {
    replyToWrite = () => ({ type: 'passed', context: { pending_user: root } }) as StageReply;
    const browser = deployment.browser();
    const shown = await browser.show('enrol');
    await browser.solve('enrol', {});
    const devices = await deployment.rows('SELECT kind FROM mfa.devices WHERE user_id = $1', [root.uuid]);
    expect({ devices, shown: shown.body['component'], codes: shown.body['codes'] }).toMatchObject({ devices: [] });
  });

  it('gets no permit to add a device to a superuser that it claims to have created', async () => {
    const pendingUsers: unknown[] = [];
    const permits: unknown[] = [];
    replyToWrite = (request) => {
      pendingUsers.push((request.context['pending_user'] as SavedUser | undefined)?.username);
      return pendingUsers.length > 1
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
    await deployment.rows('DELETE FROM mfa.devices');
    await deployment.browser().show('plain');
    permits.push(...(await deployment.rows('SELECT user_id FROM directory.superuser_permits')));
    expect({ permits, pendingUsers }).toEqual({ permits: [], pendingUsers: [undefined] });
  });
});

describeWithNats('a compromised policy service', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  let rogue: NatsConnection;
  let contextOfPolicy: (request: PolicyRequest) => PolicyReply['context']['set'] = () => ({});
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'courier'],
      environment: mailbox.settings,
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
    rogue = await connect({ servers: deployment.nats.url });
    rogue.subscribe('policy.evaluate', {
      queue: 'policy',
      callback: (_, message) => {
        const request = message.json<PolicyRequest>();
        const results = Object.fromEntries(request.policies.map(({ id }) => [id, { pass: true, messages: [] }]));
        message.respond(JSON.stringify({ results, context: { set: contextOfPolicy(request), unset: [] } }));
      },
    });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await deployment?.close();
    await mailbox?.close();
  });
  const logIn = async (uid_field: string, answer = RIGHT) => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field });
    await browser.solve('login', answer);
    return browser;
  };

  it('cannot change the password of a user other than the one who is logged in', async () => {
    const root = await savedUser(deployment, 'root');
    const mallory = await logIn('mallory');
    contextOfPolicy = () => ({ pending_user: root });
    const components = [await mallory.show('change'), await mallory.solve('change', STOLEN)].map(
      ({ body }) => body['component'],
    );
    contextOfPolicy = () => ({});
    expect({ components, root: await usernameOf(await logIn('root', STOLEN)) }).toEqual({
      components,
      root: undefined,
    });
  });

  it('cannot set a superuser as the pending user of an enrollment', async () => {
    const chief = await savedUser(deployment, 'chief');
    const visitor = deployment.browser();
    contextOfPolicy = () => ({ pending_user: chief });
    await visitor.show('signup');
    await visitor.solve('signup', { username: 'chief', ...STOLEN });
    const components = [await visitor.show('signup'), await visitor.solve('signup', { username: 'chief2', ...STOLEN })];
    contextOfPolicy = () => ({});
    const attacker = await logIn('chief2', STOLEN);
    expect({
      components: components.map(({ body }) => body['component']),
      visitor: await usernameOf(visitor),
      attacker: await usernameOf(attacker),
      groups: await deployment.rows(`SELECT username FROM directory.identities WHERE is_superuser ORDER BY 1`),
    }).toMatchObject({
      visitor: undefined,
      groups: [{ username: 'boss' }, { username: 'chief' }, { username: 'root' }],
    });
  });

  it('cannot add a device to a user other than the one who is logged in', async () => {
    const chief = await savedUser(deployment, 'chief');
    const mallory = await logIn('mallory');
    contextOfPolicy = () => ({ pending_user: chief });
    await mallory.show('device');
    await mallory.solve('device', {});
    contextOfPolicy = () => ({});
    expect(await deployment.rows('SELECT kind FROM mfa.devices WHERE user_id = $1', [chief.uuid])).toEqual([]);
  });

  it('cannot make a superuser count as proved by a mail to another address', async () => {
    const mallory = deployment.browser();
    contextOfPolicy = () => ({ email: 'evil@example.net' });
    await mallory.show('recover');
    await mallory.solve('recover', { uid_field: 'boss' });
    await expect.poll(() => mailbox.mails.length).toBeGreaterThan(0);
    contextOfPolicy = () => ({});
    const [mail] = mailbox.mails;
    const { link } = readMail(mail!);
    const query = link.search.slice(1);
    const attacker = deployment.browser();
    const components = [
      (await attacker.show('recover', query)).body,
      (await followLink(attacker, 'recover', query)).body,
      (await attacker.solve('recover', STOLEN, query)).body,
    ].map((body) => body['component']);
    const ownerLogin = await usernameOf(await logIn('boss', STOLEN));
    expect({
      to: mail!.recipients,
      components,
      attacker: await usernameOf(attacker),
      ownerLogin,
    }).toMatchObject({
      to: ['evil@example.net'],
      attacker: undefined,
      ownerLogin: undefined,
    });
  });
});

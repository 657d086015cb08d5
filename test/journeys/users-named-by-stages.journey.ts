import type { StageReply, StageRequest } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry, savedUser } from '../support/administrators.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { describeWithNats } from '../support/nats.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const RIGHT = { password: 'correct-horse-7' };
const STOLEN = { password: 'stolen-horse-9' };
const ADMINS = administratorsEntry('root', 'chief', 'boss');

describeWithNats('a compromised mfa service', () => {
  let deployment: Deployment;
  let rogue: NatsConnection;
  let validationReply: StageReply;
  beforeAll(async () => {
    deployment = await Deployment.open({
      services: ['identification', 'password', 'session', 'enrollment'],
      blueprints: [
        blueprint(
          ...['mallory', 'root', 'chief', 'boss'].map((name) => userEntry(name)),
          ADMINS,
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          fieldEntry('new', ['password', 'password']),
          flowEntries(
            'stepup',
            [
              {
                stage: 'authenticator_validate.authenticatorvalidatestage',
                attrs: { not_configured_action: 'skip' },
              },
              asking('new', ['password']),
              writing('never_create'),
            ],
            { designation: 'stage_configuration', authentication: 'require_authenticated' },
          ),
        ),
      ],
    });
    rogue = await connect({ servers: deployment.nats.url });
    for (const verb of ['challenge', 'respond'])
      rogue.subscribe(`stage.authenticator_validate.${verb}`, {
        queue: 'authenticator_validate',
        callback: (_, message) => void message.respond(JSON.stringify(validationReply)),
      });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await deployment?.close();
  });

  it('cannot set a pending user other than the user who is logged in', async () => {
    const root = await savedUser(deployment, 'root');
    const mallory = deployment.browser();
    await mallory.solve('login', { uid_field: 'mallory' });
    await mallory.solve('login', RIGHT);
    validationReply = { type: 'passed', context: { pending_user: root } } as StageReply;
    const challenges = [(await mallory.show('stepup')).body];
    validationReply = { type: 'passed' };
    challenges.push((await mallory.solve('stepup', STOLEN)).body);
    const attacker = deployment.browser();
    await attacker.solve('login', { uid_field: 'root' });
    await attacker.solve('login', STOLEN);
    expect({
      attacker: await usernameOf(attacker),
      challenges: challenges.map((body) => body['component']),
    }).toMatchObject({
      attacker: undefined,
    });
  });
});

describeWithNats('a compromised identification service', () => {
  let deployment: Deployment;
  let rogue: NatsConnection;
  let identificationReply: (request: StageRequest) => StageReply;
  beforeAll(async () => {
    deployment = await Deployment.open({
      services: ['password', 'session'],
      blueprints: [
        blueprint(
          ...['mallory', 'root', 'chief', 'boss'].map((name) => userEntry(name)),
          ADMINS,
          flowEntries('twice', [IDENTIFICATION, PASSWORD, IDENTIFICATION, LOGIN]),
        ),
      ],
    });
    rogue = await connect({ servers: deployment.nats.url });
    for (const verb of ['challenge', 'respond'])
      rogue.subscribe(`stage.identification.${verb}`, {
        queue: 'identification',
        callback: (_, message) =>
          void message.respond(JSON.stringify(identificationReply(message.json<StageRequest>()))),
      });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await deployment?.close();
  });

  it('cannot replace a pending user who has proved a password by claiming a proof that its contract does not list', async () => {
    const [root, mallory] = [await savedUser(deployment, 'root'), await savedUser(deployment, 'mallory')];
    identificationReply = () => ({ type: 'passed', context: { pending_user: mallory } }) as StageReply;
    const browser = deployment.browser();
    await browser.show('twice');
    identificationReply = () =>
      ({ type: 'passed', context: { pending_user: root }, verified: ['anything'] }) as StageReply;
    await browser.solve('twice', RIGHT);
    expect(await usernameOf(browser)).not.toBe('root');
  });
});

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

describeWithNats('an mfa service that is taken over', () => {
  let house: Deployment;
  let rogue: NatsConnection;
  let validate: StageReply;
  beforeAll(async () => {
    house = await Deployment.open({
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
    rogue = await connect({ servers: house.nats.url });
    for (const verb of ['challenge', 'respond'])
      rogue.subscribe(`stage.authenticator_validate.${verb}`, {
        queue: 'authenticator_validate',
        callback: (_, message) => void message.respond(JSON.stringify(validate)),
      });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await house?.close();
  });

  it('names no other user than the visitor who is logged in', async () => {
    const root = await savedUser(house, 'root');
    const mallory = house.browser();
    await mallory.solve('login', { uid_field: 'mallory' });
    await mallory.solve('login', RIGHT);
    validate = { type: 'passed', context: { pending_user: root } } as StageReply;
    const seen = [(await mallory.show('stepup')).body];
    validate = { type: 'passed' };
    seen.push((await mallory.solve('stepup', STOLEN)).body);
    const attacker = house.browser();
    await attacker.solve('login', { uid_field: 'root' });
    await attacker.solve('login', STOLEN);
    expect({ attacker: await usernameOf(attacker), seen: seen.map((body) => body['component']) }).toMatchObject({
      attacker: undefined,
    });
  });
});

describeWithNats('an identification service that is taken over', () => {
  let house: Deployment;
  let rogue: NatsConnection;
  let identify: (request: StageRequest) => StageReply;
  beforeAll(async () => {
    house = await Deployment.open({
      services: ['password', 'session'],
      blueprints: [
        blueprint(
          ...['mallory', 'root', 'chief', 'boss'].map((name) => userEntry(name)),
          ADMINS,
          flowEntries('twice', [IDENTIFICATION, PASSWORD, IDENTIFICATION, LOGIN]),
        ),
      ],
    });
    rogue = await connect({ servers: house.nats.url });
    for (const verb of ['challenge', 'respond'])
      rogue.subscribe(`stage.identification.${verb}`, {
        queue: 'identification',
        callback: (_, message) => void message.respond(JSON.stringify(identify(message.json<StageRequest>()))),
      });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await house?.close();
  });

  it('replaces no user who has proved a password by a proof that its contract does not list', async () => {
    const [root, mallory] = [await savedUser(house, 'root'), await savedUser(house, 'mallory')];
    identify = () => ({ type: 'passed', context: { pending_user: mallory } }) as StageReply;
    const browser = house.browser();
    await browser.show('twice');
    identify = () => ({ type: 'passed', context: { pending_user: root }, verified: ['anything'] }) as StageReply;
    await browser.solve('twice', RIGHT);
    expect(await usernameOf(browser)).not.toBe('root');
  });
});

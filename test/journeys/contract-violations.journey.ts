import type { StageReply } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;
let rogue: NatsConnection;
let reply: unknown;

/** Serves the dummy stage in this test instead of the `session` service, like a compromised service. */
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(userEntry('alice'), flowEntries('plain', [IDENTIFICATION, DUMMY]))],
    services: ['identification'],
  });
  rogue = await connect({ servers: deployment.nats.url });
  for (const verb of ['challenge', 'respond']) {
    rogue.subscribe(`stage.dummy.${verb}`, {
      queue: 'dummy',
      callback: (_, message) => void message.respond(JSON.stringify(reply)),
    });
  }
  await rogue.flush();
});
afterAll(async () => {
  await rogue.close();
  await deployment.close();
});

const harmlessChallenge: StageReply = { type: 'challenge', challenge: { name: 'harmless' } };

async function loginEffect(): Promise<StageReply> {
  const [alice] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'alice'`);
  return {
    type: 'passed',
    effects: [
      {
        type: 'login',
        user: alice!.id,
        backend: 'x',
        duration_s: null,
        bindings: { network: 'no_binding', geoip: 'no_binding' },
        terminate_other_sessions: false,
      },
    ],
  };
}

describe('a compromised stage service', () => {
  it.each<[string, unknown | (() => Promise<unknown>)]>([
    ['cannot log a user in', loginEffect],
    ['cannot set the destination', { type: 'passed', context: { redirect: 'https://evil.example' } }],
    [
      'cannot replace the user',
      { type: 'passed', context: { pending_user: { kind: 'unsaved', username: 'x', name: 'x', email: 'x' } } },
    ],
    ['cannot add a step', { type: 'passed', insert: { where: 'next', steps: [{ kind: 'user_login', config: {} }] } }],
    ['cannot show a challenge outside its contract', { type: 'challenge', challenge: { name: 7 } }],
    ['cannot use an unknown reply type', { type: 'welcome' }],
    ['cannot send a reply that is not an object', 'gibberish'],
  ])('%s: the gateway shows a flow error instead of the reply, and does not change the plan', async (_, violation) => {
    reply = harmlessChallenge;
    const browser = deployment.browser();
    await browser.solve('plain', { uid_field: 'alice' });
    reply = typeof violation === 'function' ? await violation() : violation;

    const answer = await browser.solve('plain', {});
    expect(answer).toMatchObject({ status: 200, body: { component: 'ak-stage-flow-error' } });
    expect(Object.keys(answer.body).sort()).toEqual(['component', 'request_id']);
    reply = harmlessChallenge;
    expect((await browser.show('plain')).body).toMatchObject({ component: 'ak-stage-dummy', name: 'harmless' });
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
  });

  it('cannot add fields outside its contract to the challenge', async () => {
    reply = {
      type: 'challenge',
      challenge: { name: 'harmless', component: 'xak-flow-redirect', to: 'https://evil.example' },
    };
    const browser = deployment.browser();

    const answer = await browser.solve('plain', { uid_field: 'alice' });
    expect(answer.body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(answer.body).not.toHaveProperty('to');
  });

  it('is logged as a contract violation with its stage kind', async () => {
    reply = await loginEffect();
    const reported = deployment.says('gateway', /stage_contract_violated.*"stage":"dummy"/);
    await deployment.browser().solve('plain', { uid_field: 'alice' });
    await expect(reported).resolves.toBeUndefined();
  });
});

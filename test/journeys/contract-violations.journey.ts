import type { StageReply } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;
let rogue: NatsConnection;
let reply: unknown;

/** The service `session` is not started: what serves its dummy stage here has been taken over. */
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

const asks: StageReply = { type: 'challenge', challenge: { name: 'harmless' } };

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

describe('a stage service that is taken over', () => {
  it.each<[string, unknown | (() => Promise<unknown>)]>([
    ['logs nobody in', loginEffect],
    ['sets no destination', { type: 'passed', context: { redirect: 'https://evil.example' } }],
    [
      'names no other user',
      { type: 'passed', context: { pending_user: { kind: 'unsaved', username: 'x', name: 'x', email: 'x' } } },
    ],
    ['adds no step', { type: 'passed', insert: { where: 'next', steps: [{ kind: 'user_login', config: {} }] } }],
    ['shows nothing that its contract does not have', { type: 'challenge', challenge: { name: 7 } }],
    ['says nothing but one of the four words', { type: 'welcome' }],
    ['cannot speak gibberish', 'gibberish'],
  ])('%s: its reply is refused as a fault, and the plan stays where it was', async (_, given) => {
    reply = asks;
    const browser = deployment.browser();
    await browser.solve('plain', { uid_field: 'alice' });
    reply = typeof given === 'function' ? await given() : given;

    const answer = await browser.solve('plain', {});
    expect(answer).toMatchObject({ status: 200, body: { component: 'ak-stage-flow-error' } });
    expect(Object.keys(answer.body).sort()).toEqual(['component', 'request_id']);
    reply = asks;
    expect((await browser.show('plain')).body).toMatchObject({ component: 'ak-stage-dummy', name: 'harmless' });
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
  });

  it('cannot smuggle fields past its contract into the challenge', async () => {
    reply = {
      type: 'challenge',
      challenge: { name: 'harmless', component: 'xak-flow-redirect', to: 'https://evil.example' },
    };
    const browser = deployment.browser();

    const answer = await browser.solve('plain', { uid_field: 'alice' });
    expect(answer.body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(answer.body).not.toHaveProperty('to');
  });

  it('is reported by name', async () => {
    reply = await loginEffect();
    const reported = deployment.says('gateway', /"kind":"dummy".*violates its contract/);
    await deployment.browser().solve('plain', { uid_field: 'alice' });
    await expect(reported).resolves.toBeUndefined();
  });
});

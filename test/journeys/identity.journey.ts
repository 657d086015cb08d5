import type { PolicyReply, PolicyRequest, SavedUser, StageReply } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administratorsEntry, savedUser } from '../support/administrators.js';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { type BrowserResponse, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { describeWithNats } from '../support/nats.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { writing } from '../support/prompts.js';

const RIGHT = { password: 'correct-horse-7' };
const FAULT = { component: 'ak-stage-flow-error' };
const WITH_PASSWORD = {
  stage: IDENTIFICATION.stage,
  attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('login-1') },
};
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'skip' },
};

/** Returns the parts of a response that do not differ between two requests. */
const comparable = ({ status, body }: BrowserResponse) => ({ status, body });

describeWithNats('the pending user of a plan', () => {
  let deployment: Deployment;
  let rogue: NatsConnection;
  /** Returns the facts that the compromised policy service sets in its reply to a request. */
  let policy: (request: PolicyRequest) => PolicyReply['context']['set'];
  /** Reply of the compromised mfa service. */
  let validate: StageReply;
  /** Reply of the compromised enrollment service for `user_write`. */
  let write: StageReply;
  let root: SavedUser | undefined;

  /** Serves the subjects of `policy`, `mfa` and `enrollment` in this test, like compromised services. */
  beforeAll(async () => {
    deployment = await Deployment.open({
      services: ['identification', 'password', 'session'],
      blueprints: [
        blueprint(
          ...['ann', 'root'].map((name) => userEntry(name)),
          flowEntries('login', [IDENTIFICATION, PASSWORD, DUMMY, LOGIN]),
          flowEntries(
            'combined',
            [{ ...WITH_PASSWORD, binding: { invalid_response_action: 'restart_with_context' } }, PASSWORD, LOGIN],
            { title: 'Hi %(user)s' },
          ),
          ...[0, 1].map((step) => conditionEntry(['combined', step], 'user ann', { negate: true })),
          flowEntries('again', [
            IDENTIFICATION,
            {
              ...PASSWORD,
              attrs: { ...PASSWORD.attrs, failed_attempts_before_cancel: 50 },
              binding: { invalid_response_action: 'restart' },
            },
            LOGIN,
          ]),
          expressionEntry('any', 'return True'),
          boundEntry('login-2 bound', 'any'),
          administratorsEntry('root'),
          flowEntries('enrol', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
          flowEntries('second', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
        ),
      ],
    });
    root = await savedUser(deployment, 'root');
    rogue = await connect({ servers: deployment.nats.url });
    rogue.subscribe('policy.evaluate', {
      queue: 'policy',
      callback: (_, message) => {
        const request = message.json<PolicyRequest>();
        const results = Object.fromEntries(request.policies.map(({ id }) => [id, { pass: true, messages: [] }]));
        message.respond(JSON.stringify({ results, context: { set: policy(request), unset: [] } }));
      },
    });
    for (const verb of ['challenge', 'respond'])
      rogue.subscribe(`stage.authenticator_validate.${verb}`, {
        queue: 'authenticator_validate',
        callback: (_, message) => void message.respond(JSON.stringify(validate)),
      });
    rogue.subscribe('stage.user_write.challenge', {
      queue: 'user_write',
      callback: (_, message) => void message.respond(JSON.stringify(write)),
    });
    await rogue.flush();
  }, 120_000);
  afterAll(async () => {
    await rogue?.close();
    await deployment?.close();
  });

  describe('username and password in one step', () => {
    it('do not pass with a wrong password, and pass with the right password at the next attempt', async () => {
      const browser = deployment.browser();
      await browser.show('combined');

      const answer = await browser.solve('combined', { uid_field: 'ann', password: 'wrong' });
      expect(answer.body).toMatchObject({ component: 'ak-stage-identification' });
      expect(await usernameOf(browser)).toBeUndefined();
      const next = await browser.solve('combined', { uid_field: 'ann', ...RIGHT });
      expect(next.body).toMatchObject({ component: 'xak-flow-redirect' });
      expect(await usernameOf(browser)).toBe('ann');
    });

    it('get the same responses after a wrong password for known and unknown usernames', async () => {
      const answers = async (uid_field: string) => {
        const browser = deployment.browser();
        const seen = [await browser.show('combined')];
        for (const password of ['wrong', '', 'worse'])
          seen.push(await browser.solve('combined', { uid_field, password }), await browser.show('combined'));
        return seen.map(comparable);
      };

      const known = await answers('ann');
      expect(known).toEqual(await answers('nobody-of-that-name'));
      expect(JSON.stringify(known)).toContain('"title":"Hi AnonymousUser"');
      expect(JSON.stringify(known)).not.toContain('ann@');
    });
  });

  it('is asked for again after each of ten wrong passwords, each for another username', async () => {
    const browser = deployment.browser();
    let answer = await browser.show('again');
    for (let restarts = 0; restarts < 10; restarts++) {
      expect(answer.body).toMatchObject({ component: 'ak-stage-identification' });
      await browser.solve('again', { uid_field: `nobody-${restarts}` });
      answer = await browser.solve('again', { password: 'wrong' });
    }
    expect(answer.body).toMatchObject({ component: 'ak-stage-identification' });
  });

  describe('a compromised policy service', () => {
    const atPasswordStep = async () => {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field: 'ann' });
      return browser;
    };

    it('cannot replace the user after the password was proved', async () => {
      policy = ({ flow_plan }) => (flow_plan?.context['auth_method'] ? { pending_user: root } : {});
      const browser = await atPasswordStep();

      expect((await browser.solve('login', RIGHT)).body).toMatchObject(FAULT);
      policy = () => ({});
      expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-dummy' });
      await browser.solve('login', {});
      expect(await usernameOf(browser)).toBe('ann');
    });

    it.each([
      { auth_method: 'auth_webauthn_pwl' },
      { auth_method_args: { mfa_devices: [{ pk: 1 }] } },
      { enrolled_devices: [1] },
    ])('cannot add a fact that claims a proof: %j', async (facts) => {
      policy = () => facts;
      const browser = await atPasswordStep();

      expect((await browser.solve('login', RIGHT)).body).toMatchObject(FAULT);
    });
  });

  it('cannot be replaced by a compromised mfa service after the password was proved', async () => {
    validate = { type: 'passed', context: { pending_user: root } } as StageReply;
    const browser = deployment.browser();
    await browser.solve('second', { uid_field: 'ann' });

    expect((await browser.solve('second', RIGHT)).body).toMatchObject(FAULT);
    validate = { type: 'passed' };
    expect((await browser.show('second')).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await usernameOf(browser)).toBe('ann');
  });

  it('cannot become a superuser by a compromised enrollment service', async () => {
    write = { type: 'passed', context: { pending_user: root } } as StageReply;
    const browser = deployment.browser();
    await browser.show('enrol');

    expect(await usernameOf(browser)).toBeUndefined();
    expect(await deployment.rows('SELECT FROM flow.sessions WHERE user_id = $1', [root?.uuid])).toEqual([]);
  });
});

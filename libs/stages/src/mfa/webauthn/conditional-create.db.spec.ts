import type { PlanContext, StageReply } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { alice, bob, ceremony, newUser, registrationIn, WebauthnHarness } from '../../../testing/webauthn-harness.js';
import { authenticatorWebauthnContract } from './authenticator-webauthn.contract.js';
import { MAX_SILENT_PASSKEYS } from './silent-creation.js';

let harness: WebauthnHarness;
beforeAll(async () => {
  harness = await WebauthnHarness.open();
});
afterAll(() => harness.close());

const byPassword = (uuid: string): PlanContext => ({ auth_method: 'password', verified_user: uuid });
const carol = newUser(4, 'carol');
const PASSED = { type: 'passed' };
const OUTPOST = { ip: '203.0.113.7', user_agent: 'outpost', outpost: true, cookies: {} };

/** Returns a driver of a conditional step in a plan in which the user has just entered the password. */
const stageFor = (
  user = carol,
  context: PlanContext = byPassword(user.uuid),
  request: object = { session: { user: null } },
) => harness.setUp(user, { conditional: true }, { challengeS: 600, context, request });
const challengeIn = (reply: StageReply) => ('challenge' in reply ? reply.challenge : {});

describe('a conditional step', () => {
  it('saves a passkey that the browser created without asking after a password, and records this', async () => {
    const stage = stageFor();
    const shown = await stage.show();
    expect(challengeIn(shown)).toMatchObject({ mediation: 'conditional' });
    const key = new SoftwareAuthenticator('ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4');
    const answer = key.create(ceremony(registrationIn(shown).challenge), { up: false, uv: false, backup: 0x18 });
    expect(await stage.answer({ response: answer })).toMatchObject({
      ...PASSED,
      effects: [
        {
          action: 'model_created',
          context: {
            model: { model_name: 'webauthndevice', name: 'Google Password Manager' },
            mediation: 'conditional',
          },
        },
      ],
    });
    expect(await harness.devices.findByHandle('webauthn', key.id)).toMatchObject({ user: carol.uuid });
  });

  it.each([
    ['an empty object', {}],
    ['an empty text, which a form without JavaScript sends', ''],
  ])('passes silently if the browser creates no passkey and sends %s', async (...[, response]) => {
    const user = newUser(5, 'dave');
    const stage = stageFor(user);
    await stage.show();
    expect(await stage.answer({ response })).toEqual(expect.objectContaining(PASSED));
    expect(await harness.devices.findByUser(user.uuid)).toEqual([]);
  });

  it('refuses an invalid passkey, and passes without a passkey afterwards', async () => {
    const user = newUser(5, 'dave');
    const stage = stageFor(user);
    await stage.show();
    const forged = new SoftwareAuthenticator().create(ceremony('AAAA'), { up: false });
    expect(await stage.answer({ response: forged })).toMatchObject({
      type: 'rejected',
      challenge: { mediation: 'conditional' },
    });
    expect(await stage.answer({ response: {} })).toMatchObject(PASSED);
    expect(await harness.devices.findByUser(user.uuid)).toEqual([]);
  });

  it('passes after max_attempts invalid answers, but a step that is not conditional denies the visitor', async () => {
    const config = { conditional: true, max_attempts: 1 };
    const stage = harness.setUp(newUser(9, 'heidi'), config, {
      challengeS: 600,
      context: byPassword(newUser(9, '').uuid),
    });
    await stage.show();
    const forged = new SoftwareAuthenticator().create(ceremony('AAAA'), { up: false });
    expect(await stage.answer({ response: forged })).toMatchObject(PASSED);
  });

  it.each([
    ['the user has given no proof in this plan', {}, {}],
    ['another user entered the password', byPassword(bob.uuid), {}],
    ['an app password was used', { auth_method: 'token' }, {}],
    ['the user has logged in with a passkey', { auth_method: 'auth_webauthn_pwl', verified_user: alice.uuid }, {}],
    ['the client is an outpost, which has no browser', byPassword(alice.uuid), { client: OUTPOST }],
  ])('passes without asking if %s', async (...[, context, request]) => {
    const stage = stageFor(alice, context, { session: { user: null }, ...request });
    expect(await stage.show()).toMatchObject(PASSED);
    const answer = new SoftwareAuthenticator().create(ceremony('AAAA'), { up: false });
    expect(await stage.answer({ response: answer })).toMatchObject(PASSED);
    expect(await harness.devices.findByUser(alice.uuid)).toEqual([]);
  });

  it('passes without asking if the user is not known', async () => {
    const stage = stageFor({ ...carol, kind: 'pretended' } as never);
    expect(await stage.show()).toMatchObject(PASSED);
  });

  it('passes without asking for a user who has a device but has given no proof by a device (accident 25)', async () => {
    const user = newUser(6, 'erin');
    const key = await harness.registerKey(user);
    expect(await stageFor(user).show()).toMatchObject(PASSED);

    const { pk } = (await harness.devices.findByHandle('webauthn', key.id))!;
    const proved = { ...byPassword(user.uuid), auth_method_args: { mfa_devices: [{ pk }] } };
    const shown = await stageFor(user, proved).show();
    expect(registrationIn(shown).excludeCredentials).toEqual([{ type: 'public-key', id: key.id }]);
  });

  it(`passes without asking for a user with ${MAX_SILENT_PASSKEYS} passkeys`, async () => {
    const user = newUser(7, 'frank');
    for (let i = 0; i < MAX_SILENT_PASSKEYS; i++) {
      expect(challengeIn(await stageFor(user, await provedBy(user.uuid)).show())).toHaveProperty('registration');
      await harness.registerKey(user);
    }
    expect(await stageFor(user, await provedBy(user.uuid)).show()).toMatchObject(PASSED);
  });

  const provedBy = async (uuid: string): Promise<PlanContext> => {
    const pks = (await harness.devices.findByUser(uuid)).map(({ pk }) => ({ pk }));
    return { ...byPassword(uuid), auth_method_args: { mfa_devices: pks } };
  };
});

describe('a step that is not conditional', () => {
  it('refuses a passkey without user presence, even if the client claims another mediation (accident 28)', async () => {
    const user = newUser(8, 'grace');
    const stage = harness.setUp(user);
    const shown = await stage.show();
    expect(challengeIn(shown)).not.toHaveProperty('mediation');
    const answer = new SoftwareAuthenticator().create(ceremony(registrationIn(shown).challenge), { up: false });
    expect(
      await stage.answer({ response: { ...answer, mediation: 'conditional' }, mediation: 'conditional' }),
    ).toMatchObject({
      errors: { response: [{ params: { reason: 'User was not present during attestation' } }] },
    });
    expect(await stage.answer({ response: {} })).toMatchObject({ type: 'rejected' });
    expect(await harness.devices.findByUser(user.uuid)).toEqual([]);
  });

  it('may require user verification, but a conditional step may not', () => {
    expect(authenticatorWebauthnContract.validate({ conditional: true, user_verification: 'required' })).toEqual({
      conditional: [expect.objectContaining({ text: expect.stringContaining('user_verification') })],
    });
    expect(authenticatorWebauthnContract.validate({ conditional: true, user_verification: 'preferred' })).toEqual({});
    expect(authenticatorWebauthnContract.validate({ conditional: false, user_verification: 'required' })).toEqual({});
  });
});

import type { StageRequest } from '@gatehouse/contracts';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  ceremony,
  entriesIn,
  firstChallenge,
  inactiveUser,
  refusal,
  WebauthnHarness,
} from '../../../testing/webauthn-harness.js';

let harness: WebauthnHarness;
beforeAll(async () => {
  harness = await WebauthnHarness.open();
});
afterAll(() => harness.close());

const embedded = { step: { ...stageRequestFixture().step, embedded: true } };

/** Returns a driver of the stage inside another stage. */
const inside = (config: Record<string, unknown> = {}, request: Partial<StageRequest> = {}, challengeS = 600) =>
  harness.validate({}, config, { challengeS, request: { ...embedded, ...request } });

describe('the stage inside another stage', () => {
  it('asks for any passkey with user verification and the configured hints, regardless of device_classes', async () => {
    const shown = await inside({ device_classes: ['totp'], webauthn_hints: ['hybrid'] }).show();
    expect(entriesIn(shown)).toMatchObject([
      {
        device_class: 'webauthn',
        challenge: { allowCredentials: [], userVerification: 'required', hints: ['hybrid'] },
      },
    ]);
  });

  it.each(['recovery', 'enrollment'] as const)(
    'asks for a passkey in a flow of the designation %s',
    async (designation) => {
      const flow = { ...stageRequestFixture().flow, designation };
      expect(entriesIn(await inside({}, { flow }).show())).toHaveLength(1);
    },
  );

  it('identifies the owner of the passkey, and records the use', async () => {
    const key = await harness.registerKey(alice);
    const stage = inside();
    const proof = key.get(ceremony(firstChallenge(await stage.show())), { count: 9 });
    expect(await stage.answer({ webauthn: proof })).toMatchObject({
      type: 'passed',
      context: {
        ...{ pending_user: alice, verified_user: alice.uuid, auth_method: 'auth_webauthn_pwl' },
        auth_method_args: { device: { model_name: 'webauthndevice' }, device_type: null },
      },
      verified: ['webauthn'],
    });
    const device = await harness.devices.findByHandle('webauthn', key.id);
    expect(device).toMatchObject({ counter: 9, lastUsed: expect.any(Date) });
  });

  it('refuses the passkey of an inactive user, and of a user other than the logged-in user', async () => {
    for (const [owner, visitor] of [
      [inactiveUser, null],
      [bob, alice],
    ] as const) {
      const key = await harness.registerKey(owner);
      const stage = inside({}, { session: { user: visitor } });
      const proof = key.get(ceremony(firstChallenge(await stage.show())));
      expect(await stage.answer({ webauthn: proof })).toMatchObject(
        refusal('webauthn', { code: 'authenticator_validate_device' }),
      );
    }
  });

  it('accepts the answer to an earlier page, because it keeps its challenge for half of its lifetime', async () => {
    const [fresh, late] = [inside(), inside({}, {}, -1)];
    expect(firstChallenge(await fresh.show())).toBe(firstChallenge(await fresh.show()));
    expect(firstChallenge(await late.show())).not.toBe(firstChallenge(await late.show()));
  });

  it('counts a refused assertion and asks with a new WebAuthn challenge', async () => {
    const key = await harness.registerKey(alice);
    const stage = inside();
    const first = await stage.show();
    const proof = key.get(ceremony(firstChallenge(first)));
    const tampered = { ...proof, response: { ...proof.response, signature: 'AAAA' } };
    const refused = await stage.answer({ webauthn: tampered });
    expect(refused).toMatchObject({
      ...refusal('webauthn', { code: 'authenticator_validate_assertion' }),
      failed: ['webauthn'],
    });
    expect(firstChallenge(refused)).not.toBe(firstChallenge(first));
    expect(await stage.answer({ webauthn: proof })).toMatchObject({ type: 'rejected' });
  });

  it('refuses a passkey without user verification', async () => {
    const key = await harness.registerKey(alice);
    const stage = inside({ webauthn_user_verification: 'discouraged' });
    const proof = key.get(ceremony(firstChallenge(await stage.show())), { uv: false });
    expect(await stage.answer({ webauthn: proof })).toMatchObject(
      refusal('webauthn', { code: 'authenticator_validate_assertion' }),
    );
  });
});

import { randomUUID } from 'node:crypto';
import type { StageReply } from '@gatehouse/contracts';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import {
  alice,
  bob,
  ceremony,
  entriesIn,
  firstChallenge,
  inactiveUser,
  newUser,
  refusal,
  WebauthnHarness,
} from '../../../testing/webauthn-harness.js';

let harness: WebauthnHarness;
beforeAll(async () => {
  harness = await WebauthnHarness.open();
});
afterAll(() => harness.close());

describe('logging in with a key', () => {
  it('accepts an assertion once and stores its signature counter', async () => {
    const key = await harness.registerKey(alice);
    const stage = harness.validate({ pending_user: alice });
    const shown = await stage.show();
    expect(entriesIn(shown)).toHaveLength(1);
    expect(entriesIn(shown)[0]!.challenge.allowCredentials).toContainEqual({ type: 'public-key', id: key.id });
    expect(entriesIn(shown)[0]!.challenge.userVerification).toBe('preferred');
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown)), { count: 9 }) })).toMatchObject({
      type: 'passed',
      context: { auth_method: 'auth_mfa', auth_method_args: { mfa_devices: [{ model_name: 'webauthndevice' }] } },
      verified: ['webauthn'],
    });
    expect(await harness.devices.findByHandle('webauthn', key.id)).toMatchObject({ counter: 9 });
    const again = harness.validate({ pending_user: alice });
    const proof = key.get(ceremony(firstChallenge(await again.show())), { count: 9 });
    expect(await again.answer({ webauthn: proof })).toMatchObject(
      refusal('webauthn', { code: 'authenticator_validate_assertion' }),
    );
  });

  it.each([
    ['is synchronised', 0x18, { backup_eligible: true, backed_up: true }],
    ['can be synchronised, but is not', 0x08, { backup_eligible: true, backed_up: false }],
    ['stays on its device', 0, { backup_eligible: false, backed_up: false }],
  ])('tells policies whether the key %s', async (...[, backup, flags]) => {
    const key = await harness.registerKey(alice);
    for (const context of [{ pending_user: alice }, {}]) {
      const stage = harness.validate(context);
      const proof = key.get(ceremony(firstChallenge(await stage.show())), { backup });
      expect(await stage.answer({ webauthn: proof })).toMatchObject({
        context: { auth_method_args: { mfa_devices: [flags] } },
      });
    }
  });

  it('refuses the key of another user (accident 19)', async () => {
    const [own, others] = [await harness.registerKey(alice), await harness.registerKey(bob)];
    const stage = harness.validate({ pending_user: alice });
    const shown = await stage.show();
    expect(entriesIn(shown)[0]!.challenge.allowCredentials).not.toContainEqual(
      expect.objectContaining({ id: others.id }),
    );
    const refused = await stage.answer({ webauthn: others.get(ceremony(firstChallenge(shown))) });
    expect(refused).toMatchObject(refusal('webauthn', { code: 'authenticator_validate_device' }));
    expect(refused).not.toHaveProperty('failed.0');
    expect(await stage.answer({ webauthn: own.get(ceremony(firstChallenge(refused))) })).toMatchObject({
      type: 'passed',
    });
  });

  it('creates a new WebAuthn challenge after each refusal, and refuses an assertion for the old one (accident 60)', async () => {
    const key = await harness.registerKey(alice);
    const stage = harness.validate({ pending_user: alice });
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

  it('refuses an assertion for the challenge of another plan (accident 20)', async () => {
    const key = await harness.registerKey(alice);
    const [first, second] = [harness.validate({ pending_user: alice }), harness.validate({ pending_user: alice })];
    const [shown] = [await first.show(), await second.show()];
    expect(await second.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) })).toMatchObject({
      ...{ type: 'rejected', failed: ['webauthn'] },
    });
  });

  it.each([
    ['of its user', { pending_user: alice }, {}],
    ['of any user in the first step', {}, { step: { ...stageRequestFixture().step, embedded: true } }],
  ])(
    'asks again for an assertion %s after the challenge has expired, without counting an attempt (accident 20)',
    async (...[, context, request]) => {
      const key = await harness.registerKey(alice);
      const slow = harness.validate(context, {}, { challengeS: -1, request });
      const shown = await slow.show();
      const refused = await slow.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) });
      expect(refused).toMatchObject(refusal('webauthn', { code: 'authenticator_validate_assertion' }));
      expect(refused).toMatchObject({ failed: [], effects: [] });
      expect(firstChallenge(refused)).not.toBe(firstChallenge(shown));
    },
  );

  it('accepts only one of several concurrent requests with the same assertion (accident 60)', async () => {
    const key = await harness.registerKey(alice);
    const newVerifier = (challenge: string) => {
      const factor = harness.factor();
      const memory = { challenge, until: Date.now() + 60_000 };
      const input = {
        config: { webauthn_allowed_device_types: [], webauthn_user_verification: 'preferred' },
        site: stageRequestFixture().site,
      };
      return (answer: unknown) => factor.verify({ input, user: alice, devices: [], memory, answer } as never);
    };
    const verify = newVerifier('AAAA');
    const proof = key.get(ceremony('AAAA'));
    const verdicts = await Promise.all([verify(proof), verify(proof), verify(proof)]);
    expect(verdicts.map(({ type }) => type).sort()).toEqual(['right', 'wrong', 'wrong']);
  });

  it('keeps the WebAuthn challenge if the user chooses a device, because the browser may be signing it', async () => {
    const key = await harness.registerKey(alice);
    const stage = harness.validate({ pending_user: alice });
    const shown = await stage.show();
    const chosen = await stage.answer({ selected_challenge: entriesIn(shown)[0] });
    expect(chosen).toMatchObject({ type: 'challenge' });
    expect(firstChallenge(chosen)).toBe(firstChallenge(shown));
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) })).toMatchObject({
      type: 'passed',
    });
  });

  it('requires user verification if the stage requires it (accident 28)', async () => {
    const key = await harness.registerKey(alice);
    const stage = harness.validate(
      { pending_user: alice },
      { webauthn_user_verification: 'required', webauthn_hints: ['security-key'] },
    );
    const shown = await stage.show();
    expect(entriesIn(shown)[0]!.challenge).toMatchObject({ userVerification: 'required', hints: ['security-key'] });
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown)), { uv: false }) })).toMatchObject({
      type: 'rejected',
    });
  });

  it('offers and accepts only keys of allowed models (accident 28)', async () => {
    const carol = newUser(4, 'carol');
    const key = await harness.registerKey(carol, new SoftwareAuthenticator('fbfc3007-154e-4ecc-8c0b-6e020557d7bd'));
    const yubi = { aaguid: '2fc0579f-8113-47ea-b116-bb5a8db9202a', description: '' };
    const strict = { webauthn_allowed_device_types: [yubi] };
    expect(await harness.validate({ pending_user: carol }, strict).show()).toMatchObject({
      type: 'denied',
      message: { code: 'authenticator_validate_none' },
    });
    const other = await harness.registerKey(carol, new SoftwareAuthenticator(yubi.aaguid));
    const stage = harness.validate({ pending_user: carol }, strict);
    const shown = await stage.show();
    expect(entriesIn(shown)[0]!.challenge.allowCredentials.map(({ id }) => id)).toEqual([other.id]);
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) })).toMatchObject(
      refusal('webauthn', { code: 'authenticator_validate_model', params: { brand: 'Example' } }),
    );
  });

  it('asks for a key of another domain if the user has no key of this domain (accident 35)', async () => {
    const dave = newUser(5, 'dave');
    const old = { user: dave.uuid, kind: 'webauthn', name: 'old', handle: 'b2xk', counter: 0 } as const;
    const facts = { public_key: 'AAAA', aaguid: '00000000-0000-0000-0000-000000000000', rp_id: 'old.example.org' };
    await harness.devices.add({ id: randomUUID(), ...old, facts });
    const stage = () => harness.validate({ pending_user: dave }, { not_configured_action: 'skip' });
    const idsIn = (reply: StageReply) => entriesIn(reply)[0]!.challenge.allowCredentials.map(({ id }) => id);
    expect(idsIn(await stage().show())).toEqual([old.handle]);
    const key = await harness.registerKey(dave);
    expect(idsIn(await stage().show())).toEqual([key.id]);
  });

  it('refuses malformed responses and unknown keys', async () => {
    await harness.registerKey(alice);
    const stage = harness.validate({ pending_user: alice });
    const proof = new SoftwareAuthenticator().get(ceremony(firstChallenge(await stage.show())));
    const posts = [
      {},
      { nonsense: true },
      { ...proof, id: 7 },
      { ...proof, rawId: '' },
      { ...proof, type: 'x' },
      { ...proof, response: null },
      proof,
    ];
    for (const webauthn of posts)
      expect(await stage.answer({ webauthn })).toMatchObject(
        refusal('webauthn', { code: 'authenticator_validate_device' }),
      );
  });
});

describe('a key that identifies its user', () => {
  it('logs its owner in, and always requires user verification', async () => {
    const key = await harness.registerKey(alice);
    const stage = harness.validate({});
    const shown = await stage.show();
    expect(entriesIn(shown)).toMatchObject([
      { device_class: 'webauthn', device_uid: '-1', challenge: { allowCredentials: [], userVerification: 'required' } },
    ]);
    const weak = await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown)), { uv: false }) });
    expect(weak).toMatchObject(refusal('webauthn', { code: 'authenticator_validate_assertion' }));
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(weak))) })).toMatchObject({
      type: 'passed',
      context: {
        pending_user: { uuid: alice.uuid, username: 'alice' },
        auth_method: 'auth_webauthn_pwl',
        auth_method_args: { device: { model_name: 'webauthndevice' }, device_type: null, mfa_devices: [{}] },
      },
      verified: ['webauthn'],
    });
  });

  it('is not offered to an identified user, or outside of authentication flows', async () => {
    const ghost = { kind: 'pretended', username: 'ghost', email: '' } as const;
    const { flow } = stageRequestFixture();
    const request = { flow: { ...flow, designation: 'enrollment' as const } };
    for (const stage of [
      harness.validate({ pending_user: ghost }),
      harness.validate({ pending_user: newUser(6, 'keyless') }),
      harness.validate({}, {}, { challengeS: 600, request }),
    ])
      expect(await stage.show()).toMatchObject({ type: 'denied', message: { code: 'authenticator_validate_none' } });
  });

  it.each([
    ['its owner is inactive', () => harness.registerKey(inactiveUser), 'authenticator_validate_device'],
    ['the key is unknown', async () => new SoftwareAuthenticator(), 'authenticator_validate_unknown'],
  ])('is refused if %s, and only an unknown key is called unknown', async (...[, keyOf, code]) => {
    const key = await keyOf();
    const stage = harness.validate({});
    const proof = key.get(ceremony(firstChallenge(await stage.show())));
    expect(await stage.answer({ webauthn: proof })).toMatchObject(refusal('webauthn', { code }));
  });
});

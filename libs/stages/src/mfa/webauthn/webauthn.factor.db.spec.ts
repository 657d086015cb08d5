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
  gone,
  person,
  refusal,
  WebauthnHarness,
} from '../../../testing/webauthn-harness.js';

let bench: WebauthnHarness;
beforeAll(async () => {
  bench = await WebauthnHarness.open();
});
afterAll(() => bench.close());

describe('proving oneself by a key', () => {
  it('lets in whoever has it, and counts on from there', async () => {
    const key = await bench.enrolled(alice);
    const stage = bench.validate({ pending_user: alice });
    const shown = await stage.show();
    expect(entriesIn(shown)).toHaveLength(1);
    expect(entriesIn(shown)[0]!.challenge.allowCredentials).toContainEqual({ type: 'public-key', id: key.id });
    expect(entriesIn(shown)[0]!.challenge.userVerification).toBe('preferred');
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown)), { count: 9 }) })).toMatchObject({
      type: 'passed',
      context: { auth_method: 'auth_mfa', auth_method_args: { mfa_devices: [{ model_name: 'webauthndevice' }] } },
      verified: ['webauthn'],
    });
    expect(await bench.devices.findByHandle('webauthn', key.id)).toMatchObject({ counter: 9 });
    const again = bench.validate({ pending_user: alice });
    const proof = key.get(ceremony(firstChallenge(await again.show())), { count: 9 });
    expect(await again.answer({ webauthn: proof })).toMatchObject(
      refusal('webauthn', { code: 'authenticator_validate_assertion' }),
    );
  });

  it('refuses the key of somebody else (accident 19)', async () => {
    const [own, others] = [await bench.enrolled(alice), await bench.enrolled(bob)];
    const stage = bench.validate({ pending_user: alice });
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

  it('asks anew after each refusal, and takes no answer for what it asked before (accident 60)', async () => {
    const key = await bench.enrolled(alice);
    const stage = bench.validate({ pending_user: alice });
    const first = await stage.show();
    const proof = key.get(ceremony(firstChallenge(first)));
    const broken = { ...proof, response: { ...proof.response, signature: 'AAAA' } };
    const refused = await stage.answer({ webauthn: broken });
    expect(refused).toMatchObject({
      ...refusal('webauthn', { code: 'authenticator_validate_assertion' }),
      failed: ['webauthn'],
    });
    expect(firstChallenge(refused)).not.toBe(firstChallenge(first));
    expect(await stage.answer({ webauthn: proof })).toMatchObject({ type: 'rejected' });
  });

  it('takes no proof for another plan’s challenge, nor a proof that comes too late (accident 20)', async () => {
    const key = await bench.enrolled(alice);
    const [one, other] = [bench.validate({ pending_user: alice }), bench.validate({ pending_user: alice })];
    const [shown] = [await one.show(), await other.show()];
    expect(await other.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) })).toMatchObject({
      type: 'rejected',
    });
    const slow = bench.validate({ pending_user: alice }, {}, { challengeS: -1 });
    expect(await slow.answer({ webauthn: key.get(ceremony(firstChallenge(await slow.show()))) })).toMatchObject({
      type: 'rejected',
    });
  });

  it('of those that bring one proof at once lets one go on (accident 60)', async () => {
    const key = await bench.enrolled(alice);
    const twin = (challenge: string) => {
      const factor = bench.factor();
      const memory = { challenge, until: Date.now() + 60_000 };
      const input = {
        config: { webauthn_allowed_device_types: [], webauthn_user_verification: 'preferred' },
        site: stageRequestFixture().site,
      };
      return (answer: unknown) => factor.verify({ input, user: alice, devices: [], memory, answer } as never);
    };
    const verify = twin('AAAA');
    const proof = key.get(ceremony('AAAA'));
    const verdicts = await Promise.all([verify(proof), verify(proof), verify(proof)]);
    expect(verdicts.map(({ type }) => type).sort()).toEqual(['right', 'wrong', 'wrong']);
  });

  it('keeps the challenge while somebody chooses, for it is being signed already', async () => {
    const key = await bench.enrolled(alice);
    const stage = bench.validate({ pending_user: alice });
    const shown = await stage.show();
    const chosen = await stage.answer({ selected_challenge: entriesIn(shown)[0] });
    expect(chosen).toMatchObject({ type: 'challenge' });
    expect(firstChallenge(chosen)).toBe(firstChallenge(shown));
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) })).toMatchObject({
      type: 'passed',
    });
  });

  it('wants to know who uses it, where the stage says so (accident 28)', async () => {
    const key = await bench.enrolled(alice);
    const stage = bench.validate(
      { pending_user: alice },
      { webauthn_user_verification: 'required', webauthn_hints: ['security-key'] },
    );
    const shown = await stage.show();
    expect(entriesIn(shown)[0]!.challenge).toMatchObject({ userVerification: 'required', hints: ['security-key'] });
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown)), { uv: false }) })).toMatchObject({
      type: 'rejected',
    });
  });

  it('offers only keys of models that the stage takes, and takes no others (accident 28)', async () => {
    const carol = person(4, 'carol');
    const key = await bench.enrolled(carol, new SoftwareAuthenticator('fbfc3007-154e-4ecc-8c0b-6e020557d7bd'));
    const yubi = { aaguid: '2fc0579f-8113-47ea-b116-bb5a8db9202a', description: '' };
    const strict = { webauthn_allowed_device_types: [yubi] };
    expect(await bench.validate({ pending_user: carol }, strict).show()).toMatchObject({
      type: 'denied',
      message: { code: 'authenticator_validate_none' },
    });
    const other = await bench.enrolled(carol, new SoftwareAuthenticator(yubi.aaguid));
    const stage = bench.validate({ pending_user: carol }, strict);
    const shown = await stage.show();
    expect(entriesIn(shown)[0]!.challenge.allowCredentials.map(({ id }) => id)).toEqual([other.id]);
    expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(shown))) })).toMatchObject(
      refusal('webauthn', { code: 'authenticator_validate_model', params: { brand: 'Example' } }),
    );
  });

  it('lets nobody past it whose keys are all of another domain, and offers those of this one alone (accident 35)', async () => {
    const dave = person(5, 'dave');
    const old = { user: dave.uuid, kind: 'webauthn', name: 'old', handle: 'b2xk', counter: 0 } as const;
    const facts = { public_key: 'AAAA', aaguid: '00000000-0000-0000-0000-000000000000', rp_id: 'old.example.org' };
    await bench.devices.add({ id: randomUUID(), ...old, facts });
    const stage = () => bench.validate({ pending_user: dave }, { not_configured_action: 'skip' });
    const idsIn = (reply: StageReply) => entriesIn(reply)[0]!.challenge.allowCredentials.map(({ id }) => id);
    expect(idsIn(await stage().show())).toEqual([old.handle]);
    const key = await bench.enrolled(dave);
    expect(idsIn(await stage().show())).toEqual([key.id]);
  });

  it('refuses whatever else was posted', async () => {
    await bench.enrolled(alice);
    const stage = bench.validate({ pending_user: alice });
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

describe('a key that says who somebody is', () => {
  it('logs its owner in, verified, whatever the stage prefers', async () => {
    const key = await bench.enrolled(alice);
    const stage = bench.validate({});
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

  it('is asked of nobody who is somebody already, or in a flow that logs nobody in', async () => {
    const ghost = { kind: 'pretended', username: 'ghost', email: '' } as const;
    const { flow } = stageRequestFixture();
    const request = { flow: { ...flow, designation: 'enrollment' as const } };
    for (const stage of [
      bench.validate({ pending_user: ghost }),
      bench.validate({ pending_user: person(6, 'keyless') }),
      bench.validate({}, {}, { challengeS: 600, request }),
    ])
      expect(await stage.show()).toMatchObject({ type: 'denied', message: { code: 'authenticator_validate_none' } });
  });

  it('is worth nothing when its owner may not log in, or nobody has registered it', async () => {
    for (const key of [await bench.enrolled(gone), new SoftwareAuthenticator()]) {
      const stage = bench.validate({});
      expect(await stage.answer({ webauthn: key.get(ceremony(firstChallenge(await stage.show()))) })).toMatchObject(
        refusal('webauthn', { code: 'authenticator_validate_device' }),
      );
    }
  });
});

import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { alice, bob, ceremony, refusal, registrationIn, WebauthnHarness } from '../../../testing/webauthn-harness.js';

let harness: WebauthnHarness;
beforeAll(async () => {
  harness = await WebauthnHarness.open();
});
afterAll(() => harness.close());

describe('registering a key', () => {
  it('adds the device, requests an event, and excludes the credential from the next registration', async () => {
    const stage = harness.setUp(alice);
    const key = new SoftwareAuthenticator();
    const reply = await stage.answer({ response: key.create(ceremony(registrationIn(await stage.show()).challenge)) });
    expect(reply).toMatchObject({
      type: 'passed',
      effects: [
        {
          type: 'event',
          action: 'model_created',
          context: { model: { model_name: 'webauthndevice', name: 'WebAuthn Device' } },
        },
      ],
    });
    expect(registrationIn(await harness.setUp(alice).show()).excludeCredentials).toContainEqual({
      type: 'public-key',
      id: key.id,
    });
    expect(await harness.devices.findByHandle('webauthn', key.id)).toMatchObject({ user: alice.uuid, counter: 0 });
  });

  it('accepts only an answer to the last shown WebAuthn challenge, and only once (accident 60)', async () => {
    const stage = harness.setUp(alice);
    const first = registrationIn(await stage.show()).challenge;
    const second = registrationIn(await stage.show()).challenge;
    expect(second).not.toBe(first);
    const key = new SoftwareAuthenticator();
    const stale = await stage.answer({ response: key.create(ceremony(first)) });
    expect(stale).toMatchObject(
      refusal('response', {
        code: 'authenticator_webauthn_failed',
        params: { reason: 'Client data challenge was not expected challenge' },
      }),
    );
    expect(await stage.answer({ response: key.create(ceremony(second)) })).toMatchObject({ type: 'rejected' });
    expect(registrationIn(stale).challenge).not.toBe(second);
  });

  it('refuses an answer to an expired challenge, and an answer before a challenge was shown', async () => {
    const slow = harness.setUp(alice, {}, { challengeS: -1 });
    const answer = new SoftwareAuthenticator().create(ceremony(registrationIn(await slow.show()).challenge));
    const late = refusal('response', {
      code: 'authenticator_webauthn_failed',
      params: { reason: 'The challenge is no longer valid' },
    });
    expect(await slow.answer({ response: answer })).toMatchObject(late);
    expect(await harness.setUp(alice).answer({ response: answer })).toMatchObject(late);
  });

  it('refuses a key that another user has registered', async () => {
    const key = await harness.registerKey(alice);
    const stage = harness.setUp(bob);
    const { challenge } = registrationIn(await stage.show());
    expect(await stage.answer({ response: key.create(ceremony(challenge)) })).toMatchObject(
      refusal('response', { code: 'authenticator_webauthn_known' }),
    );
    expect(await harness.devices.findByUser(bob.uuid)).toEqual([]);
  });

  const yubi = { aaguid: '2fc0579f-8113-47ea-b116-bb5a8db9202a', description: 'YubiKey 5 Series with NFC' };
  const unknown = { aaguid: '00000000-0000-0000-0000-000000000000', description: 'Unknown' };
  it.each([
    ['the named model', yubi.aaguid, [yubi], 'passed'],
    ['another model', 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd', [yubi], 'rejected'],
    ['no model', unknown.aaguid, [yubi], 'rejected'],
    ['no model, where unknown ones are allowed', unknown.aaguid, [unknown], 'passed'],
    [
      'a model without an entry, where unknown ones are allowed',
      'fbfc3007-154e-4ecc-8c0b-6e020557d7bd',
      [unknown],
      'passed',
    ],
  ])('accepts a key only if the stage allows its model: %s', async (...[, aaguid, device_type_restrictions, type]) => {
    const stage = harness.setUp(bob, { device_type_restrictions });
    const shown = await stage.show();
    expect(registrationIn(shown)).toMatchObject({ attestation: 'direct' });
    const key = new SoftwareAuthenticator(aaguid);
    const reply = await stage.answer({ response: key.create(ceremony(registrationIn(shown).challenge)) });
    expect(reply.type).toBe(type);
    const device = await harness.devices.findByHandle('webauthn', key.id);
    const name = aaguid === yubi.aaguid ? yubi.description : aaguid === unknown.aaguid ? 'Unknown' : 'Apple Passwords';
    expect(device?.name).toBe(type === 'passed' ? name : undefined);
    const errors = { response: [{ code: 'authenticator_webauthn_model', params: { brand: 'Example' } }] };
    expect('errors' in reply ? reply.errors : undefined).toEqual(type === 'passed' ? undefined : errors);
  });
});

describe('the number of invalid answers', () => {
  const answer = { response: {} };
  const attempts = { code: 'authenticator_webauthn_attempts', params: { brand: 'Example' } };

  it('is not limited by default', async () => {
    const stage = harness.setUp(alice);
    await stage.show();
    for (let i = 0; i < 12; i++) expect(await stage.answer(answer)).toMatchObject({ type: 'rejected' });
  });

  it('denies the visitor when it reaches max_attempts, even if the page is loaded again in between', async () => {
    const stage = harness.setUp(alice, { max_attempts: 3 });
    await stage.show();
    expect(await stage.answer(answer)).toMatchObject({ type: 'rejected' });
    await stage.show();
    expect(await stage.answer(answer)).toMatchObject({ type: 'rejected' });
    await stage.show();
    expect(await stage.answer(answer)).toMatchObject({ type: 'denied', message: attempts });
  });

  it('does not deny a right answer after fewer invalid answers', async () => {
    const stage = harness.setUp(alice, { max_attempts: 2 });
    await stage.show();
    const { challenge } = registrationIn(await stage.answer(answer));
    const response = new SoftwareAuthenticator().create(ceremony(challenge));
    expect(await stage.answer({ response })).toMatchObject({ type: 'passed' });
  });
});

it.each([
  ['2026.8', ['security-key', 'hybrid'], 'cross-platform'],
  ['2026.8', ['client-device'], 'platform'],
  ['2026.8', ['client-device', 'hybrid'], undefined],
  ['2026.8', [], undefined],
  ['2024.8', ['client-device'], undefined],
] as const)('with API_VERSION=%s, the hints %j request the attachment %s', async (api_version, hints, attachment) => {
  const settings = { challengeS: 600, request: { site: { ...stageRequestFixture().site, api_version } } };
  const options = async (config: object) =>
    registrationIn(await harness.setUp(alice, { hints, ...config }, settings).show());
  expect((await options({})).authenticatorSelection.authenticatorAttachment).toBe(attachment);
  const own = await options({ authenticator_attachment: 'platform' });
  expect(own.authenticatorSelection.authenticatorAttachment).toBe('platform');
});

describe('the record of a new key', () => {
  it.each([
    ['a synchronised passkey', 0x18, { backup_eligible: true, backed_up: true }],
    ['a passkey that is not synchronised yet', 0x08, { backup_eligible: true, backed_up: false }],
    ['a key that stays on its device', 0, { backup_eligible: false, backed_up: false }],
  ])('has whether the key is synchronised: %s', async (...[, backup, facts]) => {
    const stage = harness.setUp(bob);
    const key = new SoftwareAuthenticator();
    await stage.answer({ response: key.create(ceremony(registrationIn(await stage.show()).challenge), { backup }) });
    expect(await harness.devices.findByHandle('webauthn', key.id)).toMatchObject({ facts });
  });

  it('has the name of the password manager or model that belongs to the AAGUID', async () => {
    const key = await harness.registerKey(bob, new SoftwareAuthenticator('ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4'));
    expect(await harness.devices.findByHandle('webauthn', key.id)).toMatchObject({ name: 'Google Password Manager' });
  });
});

import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import type { SavedUser } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuoHarness, entryIn, newUser } from '../../../testing/duo-harness.js';
import type { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { ceremony, firstChallenge, WebauthnHarness } from '../../../testing/webauthn-harness.js';
import { StaticFactor } from '../static/static.factor.js';

let webauthnHarness: WebauthnHarness;
let duoHarness: DuoHarness;
beforeAll(async () => {
  [webauthnHarness, duoHarness] = await Promise.all([WebauthnHarness.open(), DuoHarness.open()]);
});
afterAll(() => Promise.all([webauthnHarness?.close(), duoHarness?.close()]));

const [RIGHT, WRONG] = ['abc123', 'bogus'];
const addCodes = (devices: DeviceRepository, { uuid: user }: SavedUser) =>
  devices.add({ id: randomUUID(), user, kind: 'static', name: 'Codes', codes: [RIGHT] });
const [code, webauthn, classRefused] = ['code', 'assertion', 'class'].map((name) => [
  { code: `authenticator_validate_${name}` },
]);

describe('an answer with a code and an assertion', () => {
  let user: SavedUser;
  let key: SoftwareAuthenticator;
  let stage: ReturnType<WebauthnHarness['validate']>;
  let assertion: ReturnType<SoftwareAuthenticator['get']>;
  beforeAll(async () => {
    user = newUser();
    key = await webauthnHarness.registerKey(user);
    await addCodes(webauthnHarness.devices, user);
  });

  async function showChallenge() {
    const config = { device_classes: ['webauthn', 'static'] };
    stage = webauthnHarness.validate({ pending_user: user }, config, {
      challengeS: 600,
      otherFactors: (devices) => [new StaticFactor(devices)],
    });
    assertion = key.get(ceremony(firstChallenge(await stage.show())));
  }
  const tampered = () => ({ ...assertion, response: { ...assertion.response, signature: 'AAAA' } });

  it('is rejected with an error for each wrong proof, each of which counts as an attempt', async () => {
    await showChallenge();
    expect(await stage.answer({ code: WRONG, webauthn: tampered() })).toMatchObject({
      type: 'rejected',
      errors: { code, webauthn },
      failed: ['static', 'webauthn'],
      effects: [
        { action: 'login_failed', context: { device_class: 'static' } },
        { action: 'login_failed', context: { device_class: 'webauthn' } },
        { type: 'reputation', delta: -1 },
      ],
    });
  });

  it('is rejected with an error for a wrong proof and an error for a proof whose class was not offered', async () => {
    await showChallenge();
    const reply = await stage.answer({ code: WRONG, duo: 1 });
    expect(reply).toMatchObject({ type: 'rejected', errors: { code, duo: classRefused }, failed: ['static'] });
  });

  it('is rejected if only one of the proofs is wrong', async () => {
    await showChallenge();
    const reply = await stage.answer({ code: WRONG, webauthn: assertion });
    expect(reply).toMatchObject({ type: 'rejected', failed: ['static'] });
    expect(reply).toHaveProperty('errors', { code });
  });

  it('passes if both proofs are right', async () => {
    await showChallenge();
    expect(await stage.answer({ code: RIGHT, webauthn: assertion })).toMatchObject({
      type: 'passed',
      verified: ['static', 'webauthn'],
    });
  });
});

it('an answer with a wrong code and a request for a push sends no push', async () => {
  const user = await duoHarness.addPairedUser();
  await addCodes(duoHarness.devices, user);
  const stage = duoHarness.validate(user, { deadlineMs: 1000, otherFactors: [new StaticFactor(duoHarness.devices)] });
  const { device_uid: duo } = entryIn(await stage.show());
  const reply = await stage.answer({ code: WRONG, duo });
  expect(reply).toMatchObject({ type: 'rejected', failed: ['static'] });
  expect(reply).toHaveProperty('errors', { code });
  expect(duoHarness.pushesTo(user)).toHaveLength(0);
});

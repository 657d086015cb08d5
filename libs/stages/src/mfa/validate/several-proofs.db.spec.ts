import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import type { SavedUser } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuoHarness, entryIn, newUser } from '../../../testing/duo-harness.js';
import type { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { ceremony, firstChallenge, WebauthnHarness } from '../../../testing/webauthn-harness.js';
import { StaticFactor } from '../static/static.factor.js';

let keys: WebauthnHarness;
let phones: DuoHarness;
beforeAll(async () => {
  [keys, phones] = await Promise.all([WebauthnHarness.open(), DuoHarness.open()]);
});
afterAll(() => Promise.all([keys?.close(), phones?.close()]));

const [RIGHT, WRONG] = ['abc123', 'bogus'];
const hasCodes = (devices: DeviceRepository, { uuid: user }: SavedUser) =>
  devices.add({ id: randomUUID(), user, kind: 'static', name: 'Codes', codes: [RIGHT] });
const [code, webauthn, denied] = ['code', 'assertion', 'class'].map((name) => [
  { code: `authenticator_validate_${name}` },
]);

describe('an answer with a code and a key', () => {
  let user: SavedUser;
  let key: SoftwareAuthenticator;
  let stage: ReturnType<WebauthnHarness['validate']>;
  let right: ReturnType<SoftwareAuthenticator['get']>;
  beforeAll(async () => {
    user = newUser();
    key = await keys.enrolled(user);
    await hasCodes(keys.devices, user);
  });

  async function open() {
    const config = { device_classes: ['webauthn', 'static'] };
    stage = keys.validate({ pending_user: user }, config, {
      challengeS: 600,
      others: (devices) => [new StaticFactor(devices)],
    });
    right = key.get(ceremony(firstChallenge(await stage.show())));
  }
  const broken = () => ({ ...right, response: { ...right.response, signature: 'AAAA' } });

  it('is told all that is wrong with it, and each wrong proof is counted', async () => {
    await open();
    expect(await stage.answer({ code: WRONG, webauthn: broken() })).toMatchObject({
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

  it('is told of a proof that nobody asked for, beside the wrong one', async () => {
    await open();
    const reply = await stage.answer({ code: WRONG, duo: 1 });
    expect(reply).toMatchObject({ type: 'rejected', errors: { code, duo: denied }, failed: ['static'] });
  });

  it('is refused for the one that is wrong, whichever that is', async () => {
    await open();
    const reply = await stage.answer({ code: WRONG, webauthn: right });
    expect(reply).toMatchObject({ type: 'rejected', failed: ['static'] });
    expect(reply).toHaveProperty('errors', { code });
  });

  it('passes when both are right', async () => {
    await open();
    expect(await stage.answer({ code: RIGHT, webauthn: right })).toMatchObject({
      type: 'passed',
      verified: ['static', 'webauthn'],
    });
  });
});

it('an answer whose code is wrong sends nothing to the phone that it names', async () => {
  const user = await phones.paired();
  await hasCodes(phones.devices, user);
  const stage = phones.validate(user, { turnMs: 1000, others: [new StaticFactor(phones.devices)] });
  const { device_uid: duo } = entryIn(await stage.show());
  const reply = await stage.answer({ code: WRONG, duo });
  expect(reply).toMatchObject({ type: 'rejected', failed: ['static'] });
  expect(reply).toHaveProperty('errors', { code });
  expect(phones.pushesTo(user)).toHaveLength(0);
});

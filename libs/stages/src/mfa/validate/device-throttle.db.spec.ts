import { randomUUID } from 'node:crypto';
import { driveStage, stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeHarness, newUser } from '../../../testing/code-harness.js';
import { newTotpKey } from '../totp/totp-key.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';

let harness: Awaited<ReturnType<typeof codeHarness>>;
beforeAll(async () => {
  harness = await codeHarness();
});
afterAll(() => harness?.database.close());

const WRONG = '000';
const wrong = { type: 'rejected', errors: { code: [{ code: 'authenticator_validate_code' }] }, failed: ['totp'] };
const unjudged = { type: 'rejected', errors: wrong.errors, failed: [] };

let user: ReturnType<typeof newUser>;
beforeEach(() => {
  user = newUser();
});

/** Adds an app. The returned function returns its code. */
async function addApp() {
  const key = newTotpKey();
  const pk = await harness.database.devices.add({
    ...{ id: randomUUID(), user: user.uuid, kind: 'totp', name: 'App' },
    secret: { key, digits: 6 },
  });
  const secret = new ScureBase32Plugin().encode(Buffer.from(key, 'hex'), { padding: false });
  return { pk, code: () => generateSync({ secret }) };
}
const addRecoveryCode = () =>
  harness.database.devices.add({ id: randomUUID(), user: user.uuid, kind: 'static', name: 'Codes', codes: ['abc123'] });

const drive = (config: object = {}, api_version: '2024.8' | '2026.8' = '2026.8') =>
  driveStage(authenticatorValidateContract, harness.stage, {
    config: { device_classes: ['totp', 'static'], not_configured_action: 'deny', ...config },
    context: { pending_user: user },
    request: { site: { ...stageRequestFixture().site, api_version } },
  });
const failures = async () =>
  (await harness.database.devices.findByUser(user.uuid)).length > 0 &&
  (await harness.database.source.query('SELECT kind, failures FROM mfa.devices WHERE user_id = $1 ORDER BY pk', [
    user.uuid,
  ]));

describe('a device with a code', () => {
  it('is blocked after a wrong code, so the next code is not judged and counts as no attempt', async () => {
    const { code } = await addApp();
    const { show, answer } = drive({ totp_otp_throttling_factor: 3600 });
    await show();
    expect(await answer({ code: WRONG })).toMatchObject(wrong);
    expect(await answer({ code: code() })).toMatchObject(unjudged);
    await harness.database.source.query(`UPDATE mfa.devices SET failed_at = now() - interval '1 hour'`);
    expect(await answer({ code: code() })).toMatchObject({ type: 'passed' });
    expect(await failures()).toEqual([{ kind: 'totp', failures: 0 }]);
  });

  it('is not blocked with the factor 0 or with API_VERSION=2024.8', async () => {
    const { code } = await addApp();
    for (const [config, version] of [[{ totp_otp_throttling_factor: 0 }, '2026.8'] as const, [{}, '2024.8'] as const]) {
      const { show, answer } = drive(config, version);
      await show();
      expect(await answer({ code: WRONG })).toMatchObject(wrong);
      expect(await answer({ code: code() })).toMatchObject({ type: 'passed' });
      await harness.database.source.query('UPDATE mfa.devices SET counter = -1');
    }
  });

  it('is blocked without the classes that the visitor has not chosen', async () => {
    const { pk } = await addApp();
    await addRecoveryCode();
    const { show, answer } = drive({ totp_otp_throttling_factor: 3600 });
    await show();
    const selected_challenge = { device_class: 'totp', device_uid: String(pk), challenge: {} };
    await answer({ code: WRONG, selected_challenge });
    expect(await failures()).toEqual([
      { kind: 'totp', failures: 1 },
      { kind: 'static', failures: 0 },
    ]);
    expect(await answer({ code: 'abc123' })).toMatchObject({ type: 'passed' });
  });

  it('is blocked without the classes with codes of another form', async () => {
    await addApp();
    await addRecoveryCode();
    const { show, answer } = drive();
    await show();
    await answer({ code: WRONG });
    expect(await failures()).toEqual([
      { kind: 'totp', failures: 1 },
      { kind: 'static', failures: 0 },
    ]);
    // While the app is blocked, only the recovery codes judge the answer, so it counts for them.
    await harness.database.source.query(`UPDATE mfa.devices SET failed_at = now() WHERE kind = 'totp'`);
    expect(await answer({ code: WRONG })).toMatchObject({ failed: ['static'] });
  });

  it('is not counted if another device accepts the code', async () => {
    await addApp();
    const { code } = await addApp();
    await addRecoveryCode();
    const { show, answer } = drive({ totp_otp_throttling_factor: 3600 });
    await show();
    expect(await answer({ code: code() })).toMatchObject({ type: 'passed' });
    expect(await failures()).toMatchObject([{ failures: 0 }, { failures: 0 }, { failures: 0 }]);
  });
});

it.each([
  ['2026.8', { auth_method_args: { device_class: 'totp' }, device_class: 'totp' }],
  ['2024.8', { device_class: 'totp' }],
] as const)('the event of a wrong code has with API_VERSION=%s the details %j', async (version, details) => {
  await addApp();
  const { show, answer } = drive({}, version);
  await show();
  const reply = await answer({ code: WRONG });
  const effects = 'effects' in reply ? (reply.effects ?? []) : [];
  const [context] = effects.flatMap((effect) => (effect.type === 'event' ? effect.context : []));
  expect(context).toEqual({ username: 'alice', stage: expect.any(Object), ...details });
});

it('the contract refuses a negative throttling factor', () => {
  const { config } = authenticatorValidateContract;
  expect(config.safeParse({ sms_otp_throttling_factor: -1 }).success).toBe(false);
  expect(config.parse({})).toMatchObject({ email_otp_throttling_factor: 1, static_otp_throttling_factor: 1 });
});

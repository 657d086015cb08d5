import { API_VERSIONS, valueIn } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { allDevices, anyDevice, userDevice } from './device.dto.js';
import { toAnyDevice, toUserDevice } from './device.presenter.js';
import type { UserDevice } from './user-device.repository.js';

const at = new Date('2026-11-30T12:00:00Z');
const device = (kind: UserDevice['kind'], facts: object = {}): UserDevice => ({
  ...{
    kind,
    pk: 7,
    name: 'Mine',
    facts: { ...facts },
    created: at,
    updated: at,
    lastUsed: null,
    credentialId: kind === 'webauthn' ? 'AQID' : null,
  },
});
const AAGUID = 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd';

it('under 2026.8, a listed device has a text as pk, and a security key its AAGUID', () => {
  const key = toAnyDevice(device('webauthn', { aaguid: AAGUID }));
  expect(valueIn('2026.8', anyDevice, key)).toMatchObject({ pk: '7', external_id: AAGUID, extra_description: null });
  expect(toAnyDevice(device('email'))).toMatchObject({
    ...{ verbose_name: 'Email Device', type: 'authentik_stages_authenticator_email.EmailDevice', external_id: null },
  });
});

it('under 2024.8, a listed device has a number as pk, and none of the newer fields', () => {
  const [listed] = valueIn('2024.8', allDevices, [toAnyDevice(device('webauthn', { aaguid: AAGUID }))]);
  expect(listed).toMatchObject({ pk: 7, name: 'Mine', last_used: null });
  expect(Object.keys(listed!)).not.toEqual(expect.arrayContaining(['external_id']));
  expect(Object.keys(listed!)).not.toEqual(expect.arrayContaining(['extra_description']));
});

it('credential id, password manager and backup of a passkey are shown only to clients that ask for all fields', () => {
  const shown = toUserDevice(device('webauthn', { aaguid: AAGUID, backup_eligible: true, backed_up: false }));
  const own = { credential_id: 'AQID', authenticator: 'Apple Passwords', backup_eligible: true, backed_up: false };
  expect(valueIn('complete', userDevice, shown)).toMatchObject(own);
  for (const line of API_VERSIONS)
    expect(Object.keys(valueIn(line, userDevice, shown)).filter((field) => field in own)).toEqual([]);
  expect(Object.keys(toUserDevice(device('totp'))).filter((field) => field in own)).toEqual([]);
});

it('details that are unknown of an imported passkey are null', () => {
  expect(toUserDevice(device('webauthn', { aaguid: '00000000-0000-0000-0000-000000000000' }))).toMatchObject({
    ...{ authenticator: null, backup_eligible: null, backed_up: null },
  });
});

it('an email device is shown with its masked address', () => {
  const shown = toUserDevice(device('email', { address: 'a****@e******.org' }));
  expect(valueIn('2026.8', userDevice, shown)).toEqual({ pk: 7, name: 'Mine', email: 'a****@e******.org' });
});

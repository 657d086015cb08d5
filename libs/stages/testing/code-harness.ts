import { randomUUID } from 'node:crypto';
import { createDeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser } from '@gatehouse/contracts';
import { StaticFactor } from '../src/mfa/static/static.factor.js';
import { TotpFactor } from '../src/mfa/totp/totp.factor.js';
import { validationStage } from './validation-stage.js';

/** Returns the validation stage for typed codes (app codes and recovery codes), and its database of devices. */
export async function codeHarness() {
  const database = await createDeviceDatabase();
  const { devices } = database;
  return { database, stage: validationStage(database, [new StaticFactor(devices), new TotpFactor(devices)]) };
}

/** Returns a user without devices. */
export const newUser = (fields: Partial<SavedUser> = {}): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...fields,
});

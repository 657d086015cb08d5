import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { PlanContext, SavedUser } from '@gatehouse/contracts';
import type { MailLimits } from '@gatehouse/stage-kit';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { authenticatorEmailContract } from '../src/mfa/email/authenticator-email.contract.js';
import { AuthenticatorEmailStage } from '../src/mfa/email/authenticator-email.stage.js';
import { EmailFactor } from '../src/mfa/email/email.factor.js';
import { EmailAddressIndex } from '../src/mfa/email/email-address-index.js';
import { authenticatorValidateContract } from '../src/mfa/validate/authenticator-validate.contract.js';
import { mailIn } from './email-harness.js';
import { validationStage } from './validation-stage.js';

/** Id of the setup stage of the tests. */
export const STAGE = 'a1b2c3d4-0000-4000-8000-000000000003';
const LIMITS: MailLimits = { resendS: 0, mails: 100, codeS: 600 };

interface DriveOptions {
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly limits?: Partial<MailLimits>;
}

/** Returns a new user. By default the user has no address, so that the visitor has to type one. */
export const newUser = (email = ''): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email },
  ...{ is_active: true, epoch: 1, locale: '' },
});

/** Runs the setup stage and the validation stage for mailed codes on a database of devices. */
export class EmailDeviceHarness {
  private constructor(readonly database: DeviceDatabase) {}

  static async open(): Promise<EmailDeviceHarness> {
    return new EmailDeviceHarness(await createDeviceDatabase());
  }

  close(): Promise<void> {
    return this.database.close();
  }

  get devices(): DeviceRepository {
    return this.database.devices;
  }

  /** Returns a driver of the setup stage. */
  setUp(user: SavedUser, { config = {}, context = {}, limits = {} }: DriveOptions = {}) {
    const addresses = new EmailAddressIndex(this.devices, this.database.sealer);
    const stage = new AuthenticatorEmailStage(this.devices, addresses, { ...LIMITS, ...limits });
    const request = { step: { id: 'step', name: 'email', stage: STAGE, confirmed: true } };
    return driveStage(authenticatorEmailContract, stage, {
      ...{ config, request },
      context: { pending_user: user, ...context },
    });
  }

  /** Returns a driver of the validation stage. By default, `context` contains a proof of the user. */
  validate(user: SavedUser, { config = {}, context = { auth_method: 'password' }, limits = {} }: DriveOptions = {}) {
    const stage = validationStage(this.database, [new EmailFactor(this.devices, { ...LIMITS, ...limits })]);
    const companion = { id: STAGE, name: 'email', kind: 'authenticator_email', model: 'm', config };
    return driveStage(authenticatorValidateContract, stage, {
      config: { device_classes: ['email'], not_configured_action: 'deny' },
      context: { pending_user: user, ...context },
      request: { companions: { [STAGE]: companion } },
    });
  }

  /** Sets up the address as a device of the user. */
  async enrol(user: SavedUser): Promise<void> {
    const { show, answer } = this.setUp(user);
    await answer({ code: String(mailIn(await show()).variables['code']) });
  }
}

import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { MessageQuotaRepository } from '../src/mfa/message-quota.repository.js';
import { authenticatorSmsContract } from '../src/mfa/sms/authenticator-sms.contract.js';
import { AuthenticatorSmsStage } from '../src/mfa/sms/authenticator-sms.stage.js';
import { CodeSender } from '../src/mfa/sms/code-sender.js';
import { HttpSmsGateway } from '../src/mfa/sms/http-sms-gateway.js';
import { PhoneNumberIndex } from '../src/mfa/sms/phone-number-index.js';
import { smsConfig } from '../src/mfa/sms/sms.config.js';
import { SmsFactor } from '../src/mfa/sms/sms.factor.js';
import { authenticatorValidateContract } from '../src/mfa/validate/authenticator-validate.contract.js';
import { SmsServer } from './sms-server.js';
import { validationStage } from './validation-stage.js';

const LIMITS = smsConfig.parse({
  ...{ SMS_TIMEOUT_MS: 2000, SMS_COOLDOWN_S: 0 },
  ...{ SMS_HOSTS: '127.0.0.1', SMS_TWILIO_URL: 'http://127.0.0.1:1' },
});

const STAGE = 'a1b2c3d4-0000-4000-8000-000000000002';
const step = { id: 'step', name: 'sms', stage: STAGE, confirmed: true };

interface SetupOptions {
  readonly config?: object;
  readonly limits?: object;
  /** A phone number that the visitor entered in an earlier prompt stage. */
  readonly phone?: string;
  /** Milliseconds that the gateway waits for the reply. */
  readonly deadlineMs?: number;
  /** Id of the plan. */
  readonly id?: string;
}

/** Runs the stages of SMS with a fake provider on loopback and a database of devices. */
export class SmsHarness {
  private constructor(
    readonly database: DeviceDatabase,
    readonly server: SmsServer,
  ) {}

  static async open(): Promise<SmsHarness> {
    return new SmsHarness(await createDeviceDatabase(), await SmsServer.open());
  }

  async close() {
    await this.server.close();
    await this.database.close();
  }

  get devices(): DeviceRepository {
    return this.database.devices;
  }

  /** Returns a driver of the setup stage. */
  setUp(
    user: SavedUser | undefined,
    { config = {}, limits = {}, phone, id = randomUUID(), deadlineMs }: SetupOptions = {},
  ) {
    const numbers = new PhoneNumberIndex(this.devices, this.database.sealer);
    const stage = new AuthenticatorSmsStage(this.devices, numbers, this.sender(limits));
    const context = { ...(user && { pending_user: user }), ...(phone && { prompt_data: { phone } }) };
    const request = { step, id: `${id}.1.1`, ...(deadlineMs !== undefined && { timeout_ms: deadlineMs }) };
    return driveStage(authenticatorSmsContract, stage, { context, config: this.config(config), request });
  }

  /** Returns a driver of the validation stage. */
  validate(user: SavedUser, limits: object = {}) {
    const stage = validationStage(this.database, [new SmsFactor(this.devices, this.sender(limits))]);
    const companion = { id: STAGE, name: 'sms', kind: 'authenticator_sms', model: 'm', config: this.config({}) };
    const config = { device_classes: ['sms' as const], not_configured_action: 'deny' as const };
    const request = { companions: { [STAGE]: companion } };
    return driveStage(authenticatorValidateContract, stage, { context: { pending_user: user }, config, request });
  }

  private config(fields: object) {
    return { provider: 'generic' as const, from_number: '+100', account_sid: this.server.url, auth: 'user', ...fields };
  }

  private sender(limits: object): CodeSender {
    const { source, sealer } = this.database;
    const [gateway, quota] = [new HttpSmsGateway(LIMITS), new MessageQuotaRepository(source)];
    return new CodeSender({ gateway, quota, sealer, limits: { ...LIMITS, ...limits } });
  }
}

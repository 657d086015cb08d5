import type { DeviceRepository } from '@gatehouse/authenticators';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { PlanContext, SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import type { Factor } from '../src/mfa/factor.js';
import { authenticatorValidateContract } from '../src/mfa/validate/authenticator-validate.contract.js';
import { NoAuthenticatorModels } from '../src/mfa/webauthn/attestation.js';
import { authenticatorWebauthnContract } from '../src/mfa/webauthn/authenticator-webauthn.contract.js';
import { AuthenticatorWebauthnStage } from '../src/mfa/webauthn/authenticator-webauthn.stage.js';
import { PasskeyRepository } from '../src/mfa/webauthn/passkey.repository.js';
import { WebauthnFactor } from '../src/mfa/webauthn/webauthn.factor.js';
import { SoftwareAuthenticator } from './software-authenticator.js';
import { validationStage } from './validation-stage.js';

/** Returns a saved user. The user `gone` is inactive. */
export const newUser = (n: number, username: string): SavedUser => ({
  ...{ kind: 'saved', uuid: `00000000-0000-4000-8000-00000000000${n}`, pk: n, username, name: '', email: '' },
  ...{ is_active: username !== 'gone', epoch: 1, locale: '' },
});
export const [alice, bob, inactiveUser] = [newUser(1, 'alice'), newUser(2, 'bob'), newUser(3, 'gone')];

/** A user lookup that finds the three users of the tests only by their ids. */
class FixedUserLookup extends UserLookup {
  find = () => Promise.resolve(undefined);
  get = (uuid: string) => Promise.resolve([alice, bob, inactiveUser].find((user) => user.uuid === uuid));
}

/** Returns the ceremony (registration or login with a key) of a challenge on the site of the tests. */
export const ceremony = (challenge: string) => ({
  challenge,
  origin: 'https://id.example.org',
  rpId: 'id.example.org',
});

type ShownDeviceChallenge = Extract<StageReply, { challenge: object }>;
export const registrationIn = (reply: StageReply) =>
  (reply as ShownDeviceChallenge).challenge['registration'] as {
    challenge: string;
    excludeCredentials: { id: string }[];
    authenticatorSelection: { authenticatorAttachment?: string };
  };
export const entriesIn = (reply: StageReply) =>
  (reply as ShownDeviceChallenge).challenge['device_challenges'] as {
    device_class: string;
    device_uid: string;
    challenge: { challenge: string; allowCredentials: { id: string }[]; userVerification: string };
  }[];
/** Returns the WebAuthn challenge of the first device entry in a reply. */
export const firstChallenge = (reply: StageReply) => entriesIn(reply)[0]!.challenge.challenge;

/** Returns the expected reply that rejects a response with an error of one field. */
export const refusal = (field: string, message: object) => ({ type: 'rejected', errors: { [field]: [message] } });

interface Settings {
  readonly challengeS: number;
  /** Factors that the validation stage offers in addition to WebAuthn. */
  readonly otherFactors?: (devices: DeviceRepository) => readonly Factor[];
  readonly request?: Partial<StageRequest>;
  /** Facts of the plan in which a key is set up. */
  readonly context?: PlanContext;
}
const DEFAULT_SETTINGS: Settings = { challengeS: 600 };
const models = new NoAuthenticatorModels();

/** Runs the stages of WebAuthn with a database of devices. */
export class WebauthnHarness {
  private constructor(private readonly database: DeviceDatabase) {}

  static async open(): Promise<WebauthnHarness> {
    return new WebauthnHarness(await createDeviceDatabase());
  }

  close(): Promise<void> {
    return this.database.close();
  }

  get devices(): DeviceRepository {
    return this.database.devices;
  }

  factor(settings = DEFAULT_SETTINGS): WebauthnFactor {
    return new WebauthnFactor(new PasskeyRepository(this.devices, new FixedUserLookup()), models, settings);
  }

  /** Returns a driver of the setup stage, for a user whose recent login proved a device. */
  setUp(user: SavedUser, config: Record<string, unknown> = {}, settings: Settings = DEFAULT_SETTINGS) {
    const stage = new AuthenticatorWebauthnStage(this.devices, models, settings);
    const request = { session: { user, proved: true }, ...settings.request };
    const context = { pending_user: user, ...settings.context };
    return driveStage(authenticatorWebauthnContract, stage, { context, config, request });
  }

  validate(context: PlanContext, config: Record<string, unknown> = {}, settings = DEFAULT_SETTINGS) {
    const factors = [this.factor(settings), ...(settings.otherFactors?.(this.devices) ?? [])];
    const stage = validationStage(this.database, factors);
    const stageConfig: Record<string, unknown> = {
      device_classes: ['webauthn'],
      not_configured_action: 'deny',
      ...config,
    };
    const { request = {} } = settings;
    return driveStage(authenticatorValidateContract, stage, { context, config: stageConfig, request });
  }

  /** Registers a security key for a user, and returns the key. */
  async registerKey(user: SavedUser, key = new SoftwareAuthenticator()): Promise<SoftwareAuthenticator> {
    const stage = this.setUp(user);
    const { challenge } = registrationIn(await stage.show());
    const { type } = await stage.answer({ response: key.create(ceremony(challenge)) });
    if (type !== 'passed') throw new Error(`expected the registration to pass, but it was ${type}`);
    return key;
  }
}

import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { ask, deny, pass, reject, type SavedUser, type StageOutcome, type State } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_NAMES } from '../default-names.js';
import { deviceOwner } from '../device-owner.js';
import { DeviceSetupStage, deviceAddedOutcome } from '../device-setup.stage.js';
import type { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { otpauthUrl } from './otpauth.js';
import { matchTimeStep, newTotpKey, totpKey } from './totp-key.js';

type Contract = typeof authenticatorTotpContract;

const NAME = DEFAULT_NAMES.totp;

/** Shows a new TOTP key, and adds the device after the user has entered a code of the key. */
@Injectable()
export class AuthenticatorTotpStage extends DeviceSetupStage<Contract> {
  constructor(@Inject(DeviceRepository) devices: DeviceRepository) {
    super(devices);
  }

  protected begin(input: ChallengeInput<Contract>, owner: SavedUser): StageOutcome<Contract> {
    const state = pendingDeviceOf(input);
    const key = Buffer.from(state.key, 'hex');
    const account = { issuer: input.site.brand, username: owner.username, key, digits: Number(state.digits) };
    return ask<Contract>({ config_url: otpauthUrl(account) }, { state });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const pk = input.state && (await this.addDevice(owner, input.state, input.response.code));
    if (pk === undefined) return reject<Contract>({ code: [{ code: 'authenticator_totp_code' }] });
    return pass<Contract>(deviceAddedOutcome(input, { kind: 'totp', name: NAME, pk }));
  }

  protected override handleNoOwner(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    return deviceOwner(input) ? deny() : pass();
  }

  /**
   * Returns the new device's `pk`, or `undefined` for a wrong code. Stores the code's time step to prevent a replay.
   */
  private async addDevice({ uuid: user }: SavedUser, { id, key, digits }: State<Contract>, code: string) {
    const secret = totpKey.parse({ key, digits: Number(digits) });
    const counter = matchTimeStep(secret, code, Date.now() / 1000);
    return counter === undefined
      ? undefined
      : this.devices.add({ id, user, kind: 'totp', name: NAME, counter, secret });
  }
}

/**
 * Returns the device in the step's state. Returns a new device if there is none, or if the configured number of digits
 * has changed.
 */
const pendingDeviceOf = ({ state, config: { digits } }: ChallengeInput<Contract>): State<Contract> =>
  state?.digits === digits ? state : { id: randomUUID(), key: newTotpKey(), digits };

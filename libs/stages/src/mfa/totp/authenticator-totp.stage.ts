import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { ask, deny, pass, reject, type SavedUser, type StageOutcome, type State } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { deviceOwner } from '../device-owner.js';
import { DeviceSetupStage, deviceAdded } from '../device-setup.stage.js';
import type { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { otpauthUrl } from './otpauth.js';
import { freshKey, stepOf, totpKey } from './totp-key.js';

type Contract = typeof authenticatorTotpContract;

const NAME = 'TOTP Authenticator';

/** Shows a fresh key, and keeps it once a code of it has come back. */
@Injectable()
export class AuthenticatorTotpStage extends DeviceSetupStage<Contract> {
  constructor(@Inject(DeviceRepository) devices: DeviceRepository) {
    super(devices);
  }

  protected begin(input: ChallengeInput<Contract>, owner: SavedUser): StageOutcome<Contract> {
    const state = pendingOf(input);
    const key = Buffer.from(state.key, 'hex');
    const account = { issuer: input.site.brand, username: owner.username, key, digits: Number(state.digits) };
    return ask<Contract>({ config_url: otpauthUrl(account) }, { state });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const pk = input.state && (await this.keep(owner, input.state, input.response.code));
    if (pk === undefined) return reject<Contract>({ code: [{ code: 'authenticator_totp_code' }] });
    return pass<Contract>(deviceAdded(input, { kind: 'totp', name: NAME, pk }));
  }

  protected override withoutOwner(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    return deviceOwner(input) ? deny() : pass();
  }

  /** The number of the device. The code that proves it is used up by that. */
  private async keep({ uuid: user }: SavedUser, { id, key, digits }: State<Contract>, code: string) {
    const secret = totpKey.parse({ key, digits: Number(digits) });
    const counter = stepOf(secret, code, Date.now() / 1000);
    return counter === undefined
      ? undefined
      : this.devices.add({ id, user, kind: 'totp', name: NAME, counter, secret });
  }
}

/** The device that was begun for this user in this plan, unless the stage has come to ask for another. */
const pendingOf = ({ state, config: { digits } }: ChallengeInput<Contract>): State<Contract> =>
  state?.digits === digits ? state : { id: randomUUID(), key: freshKey(), digits };

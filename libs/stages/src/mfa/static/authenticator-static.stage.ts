import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { ask, deny, pass, type SavedUser, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { deviceOwner } from '../device-owner.js';
import { DeviceSetupStage, deviceAdded } from '../device-setup.stage.js';
import type { authenticatorStaticContract } from './authenticator-static.contract.js';
import { recoveryCodes } from './recovery-codes.js';

type Contract = typeof authenticatorStaticContract;

const NAME = 'Static Token';

/** Shows recovery codes once, and keeps what they can be told by. */
@Injectable()
export class AuthenticatorStaticStage extends DeviceSetupStage<Contract> {
  constructor(@Inject(DeviceRepository) devices: DeviceRepository) {
    super(devices);
  }

  protected begin(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    const { token_count: count, token_length: length } = input.config;
    const state = input.state ?? { id: randomUUID(), codes: recoveryCodes(count, length) };
    return ask<Contract>({ codes: state.codes }, { state });
  }

  protected async finish(input: RespondInput<Contract>, { uuid: user }: SavedUser): Promise<StageOutcome<Contract>> {
    // Nobody has seen codes that were never shown.
    if (!input.state) return this.begin(input);
    const { id, codes } = input.state;
    const pk = await this.devices.add({ id, user, kind: 'static', name: NAME, codes });
    return pk === undefined ? deny() : pass<Contract>(deviceAdded(input, { kind: 'static', name: NAME, pk }));
  }

  protected override withoutOwner(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    return deviceOwner(input) ? deny() : pass();
  }
}

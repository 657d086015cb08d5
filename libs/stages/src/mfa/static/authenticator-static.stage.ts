import { randomInt, randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { ask, deny, pass, type SavedUser, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_NAMES } from '../default-names.js';
import { deviceOwner } from '../device-owner.js';
import { DeviceSetupStage, deviceAddedOutcome } from '../device-setup.stage.js';
import type { authenticatorStaticContract } from './authenticator-static.contract.js';

type Contract = typeof authenticatorStaticContract;

const NAME = DEFAULT_NAMES.static;

/** Shows recovery codes once, and stores their digests after the confirmation. */
@Injectable()
export class AuthenticatorStaticStage extends DeviceSetupStage<Contract> {
  constructor(@Inject(DeviceRepository) devices: DeviceRepository) {
    super(devices);
  }

  protected begin(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    const { token_count: count, token_length: length } = input.config;
    const state = input.state ?? { id: randomUUID(), codes: generateRecoveryCodes(count, length) };
    return ask<Contract>({ codes: state.codes }, { state });
  }

  protected async finish(input: RespondInput<Contract>, { uuid: user }: SavedUser): Promise<StageOutcome<Contract>> {
    // Without a state, no challenge has shown codes. The stage must not store codes that the user has not seen.
    if (!input.state) return this.begin(input);
    const { id, codes } = input.state;
    const pk = await this.devices.add({ id, user, kind: 'static', name: NAME, codes });
    return pk === undefined ? deny() : pass<Contract>(deviceAddedOutcome(input, { kind: 'static', name: NAME, pk }));
  }

  protected override handleNoOwner(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    return deviceOwner(input) ? deny() : pass();
  }
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Returns new random recovery codes (docs/spec/mfa.md#static). */
const generateRecoveryCodes = (count: number, length: number): string[] =>
  Array.from({ length: count }, () => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));

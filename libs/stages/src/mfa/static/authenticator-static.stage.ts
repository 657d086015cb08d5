import { randomUUID } from 'node:crypto';
import { Devices } from '@gatehouse/authenticators';
import { ask, deny, pass, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { enrolled } from '../device-events.js';
import { ownerOf, savedOwnerOf } from '../owner.js';
import type { authenticatorStaticContract } from './authenticator-static.contract.js';
import { recoveryCodes } from './recovery-codes.js';

type Contract = typeof authenticatorStaticContract;

const NAME = 'Static Token';

/** Shows recovery codes once, and keeps what they can be told by. */
@Injectable()
export class AuthenticatorStaticStage implements Stage<Contract> {
  constructor(@Inject(Devices) private readonly devices: Devices) {}

  challenge(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    if (!ownerOf(input)) return pass();
    if (!savedOwnerOf(input)) return deny();
    const { token_count: count, token_length: length } = input.config;
    const state = input.state ?? { id: randomUUID(), codes: recoveryCodes(count, length) };
    return ask<Contract>({ codes: state.codes }, { state });
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { state } = input;
    const owner = savedOwnerOf(input);
    // Nobody has seen codes that were never shown.
    if (!owner || !state) return this.challenge(input);
    const { id, codes } = state;
    const pk = await this.devices.add({ id, user: owner.uuid, kind: 'static', name: NAME, codes });
    return pk === undefined ? deny() : pass<Contract>({ effects: [enrolled({ kind: 'static', name: NAME, pk })] });
  }
}

import { randomUUID } from 'node:crypto';
import { Devices } from '@gatehouse/authenticators';
import { ask, deny, pass, reject, type SavedUser, type StageOutcome, type State } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { enrolled } from '../device-events.js';
import { ownerOf, savedOwnerOf } from '../owner.js';
import type { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { otpauthUrl } from './otpauth.js';
import { freshKey, stepOf, totpKey } from './totp-key.js';

type Contract = typeof authenticatorTotpContract;

const NAME = 'TOTP Authenticator';

/** Shows a fresh key, and keeps it once a code of it has come back. */
@Injectable()
export class AuthenticatorTotpStage implements Stage<Contract> {
  constructor(@Inject(Devices) private readonly devices: Devices) {}

  challenge(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    if (!ownerOf(input)) return pass();
    const owner = savedOwnerOf(input);
    if (!owner) return deny();
    const state = pendingOf(input);
    const key = Buffer.from(state.key, 'hex');
    const account = { issuer: input.site.brand, username: owner.username, key, digits: Number(state.digits) };
    return ask<Contract>({ config_url: otpauthUrl(account) }, { state });
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const owner = savedOwnerOf(input);
    if (!owner) return this.challenge(input);
    const kept = input.state && (await this.keep(owner, input.state, input.response.code));
    return kept ?? reject<Contract>({ code: [{ code: 'authenticator_totp_code' }] });
  }

  /** The code that proves the device is used up by that. */
  private async keep({ uuid: user }: SavedUser, { id, key, digits }: State<Contract>, code: string) {
    const secret = totpKey.parse({ key, digits: Number(digits) });
    const counter = stepOf(secret, code, Date.now() / 1000);
    if (counter === undefined) return undefined;
    const pk = await this.devices.add({ id, user, kind: 'totp', name: NAME, counter, secret });
    return pk === undefined ? undefined : pass<Contract>({ effects: [enrolled({ kind: 'totp', name: NAME, pk })] });
  }
}

/** The device that was begun for this user in this plan, unless the stage has come to ask for another. */
const pendingOf = ({ state, config: { digits } }: ChallengeInput<Contract>): State<Contract> =>
  state?.digits === digits ? state : { id: randomUUID(), key: freshKey(), digits };

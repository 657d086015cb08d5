import { ask, deny, pass, reject, type StageOutcome, USER_CODE_DIGITS } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { deviceCodeContract } from './device-code.contract.js';
import { DeviceCodeStore } from './device-code-store.js';

type Contract = typeof deviceCodeContract;

/**
 * Returns the URL of the page `/device` with this code. The visitor is redirected there if the authorization flow
 * cannot start now. The code stays claimed, so the same user can enter it again after this plan has ended.
 */
const linkOf = (code: string) => `/device?${new URLSearchParams({ code })}`;

/** Claims the code of a device for the logged-in user. After that no other user can approve the device. */
@Injectable()
export class DeviceCodeStage implements Stage<Contract> {
  constructor(@Inject(DeviceCodeStore) private readonly codes: DeviceCodeStore) {}

  challenge({ session }: ChallengeInput<Contract>): StageOutcome<Contract> {
    return session.user?.kind === 'saved' ? ask<Contract>({}) : deny<Contract>();
  }

  async respond({ response, session }: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    if (session.user?.kind !== 'saved') return deny<Contract>();
    // A code loses its leading zeros when the client sends it as a number.
    const code = response.code.padStart(USER_CODE_DIGITS, '0');
    const claimed = await this.codes.claim(code, session.user.uuid);
    if (!claimed) return reject<Contract>({ code: [{ code: 'device_code_invalid' }] }, { failed: ['device_code'] });
    return pass<Contract>({
      context: { redirect: linkOf(code) },
      effects: [{ type: 'authorize', claimed, user_code: code }],
      verified: ['device_code'],
    });
  }
}

import { ask, deny, pass, reject, type StageOutcome, USER_CODE_DIGITS } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { deviceCodeContract } from './device-code.contract.js';
import { DeviceCodeStore } from './device-code-store.js';

type Contract = typeof deviceCodeContract;

/** Where a code leads that has its place in a link: also whoever comes a second time, when this plan is over. */
const linkOf = (code: string) => `/device?${new URLSearchParams({ code })}`;

/** Takes the code that a device shows from whoever is logged in, who alone can decide about the device from then on. */
@Injectable()
export class DeviceCodeStage implements Stage<Contract> {
  constructor(@Inject(DeviceCodeStore) private readonly codes: DeviceCodeStore) {}

  challenge({ session }: ChallengeInput<Contract>): StageOutcome<Contract> {
    return session.user?.kind === 'saved' ? ask<Contract>({}) : deny<Contract>();
  }

  async respond({ response, session }: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    if (session.user?.kind !== 'saved') return deny<Contract>();
    // A number has lost the zeros in front.
    const code = response.code.padStart(USER_CODE_DIGITS, '0');
    const claimed = await this.codes.claim(code, session.user.uuid);
    if (!claimed) return reject<Contract>({ code: [{ code: 'device_code_invalid' }] }, { failed: ['device_code'] });
    return pass<Contract>({
      context: { redirect: linkOf(code) },
      effects: [{ type: 'authorize', claimed }],
      verified: ['device_code'],
    });
  }
}

import { pass, toast } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { messageContract } from './message.contract.js';

type Contract = typeof messageContract;

/** Passes, and requests a toast with the configured message. */
@Injectable()
export class MessageStage implements Stage<Contract> {
  challenge({ config: { level, message, params } }: ChallengeInput<Contract>) {
    return pass<Contract>({ effects: [toast(level, { text: message, params })] });
  }

  respond(input: ChallengeInput<Contract>) {
    return this.challenge(input);
  }
}

import { deny } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { denyContract } from './deny.contract.js';

/** Denies every visitor, with the message in the context, otherwise with the message in the config. */
@Injectable()
export class DenyStage implements Stage<typeof denyContract> {
  challenge({ config, context }: ChallengeInput<typeof denyContract>) {
    const text = context.deny_message ?? config.deny_message;
    return text === '' ? deny<typeof denyContract>() : deny<typeof denyContract>({ message: { text } });
  }

  respond(input: ChallengeInput<typeof denyContract>) {
    return this.challenge(input);
  }
}

import { ask } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { redirectContract } from './redirect.contract.js';

/** Replies to every GET and every response with the redirect, and never passes. */
@Injectable()
export class RedirectStage implements Stage<typeof redirectContract> {
  challenge({ config }: ChallengeInput<typeof redirectContract>) {
    return ask<typeof redirectContract>({ to: config.to, final_redirect: false });
  }

  respond(input: ChallengeInput<typeof redirectContract>) {
    return this.challenge(input);
  }
}

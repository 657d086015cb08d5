import { ask, pass } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { dummyContract } from './dummy.contract.js';

/** Shows the name of its step and accepts any response. With `throw_error` in the config, a GET fails. */
@Injectable()
export class DummyStage implements Stage<typeof dummyContract> {
  challenge({ config, step }: ChallengeInput<typeof dummyContract>) {
    if (config.throw_error) throw new Error('Test error');
    return ask<typeof dummyContract>({ name: step.name });
  }

  respond() {
    return pass<typeof dummyContract>();
  }
}

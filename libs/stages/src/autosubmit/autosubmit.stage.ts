import { ask, deny, isWebAddress } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { autosubmitContract } from './autosubmit.contract.js';

type Contract = typeof autosubmitContract;

/**
 * Asks the browser to post a form to `url`. Never passes: an answer gets the same challenge again. Denies if no valid
 * `url` is set.
 */
@Injectable()
export class AutosubmitStage implements Stage<Contract> {
  challenge({ config, context }: ChallengeInput<Contract>) {
    const url = config.url ?? context.url;
    if (url === undefined || !isWebAddress(url)) return deny<Contract>();
    const title = config.title ?? context.title;
    return ask<Contract>({
      url,
      attrs: config.attrs ?? context.attrs ?? {},
      ...(title === undefined ? {} : { title }),
    });
  }

  respond(input: ChallengeInput<Contract>) {
    return this.challenge(input);
  }
}

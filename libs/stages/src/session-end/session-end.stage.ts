import { ask, POST_LOGOUT_REDIRECT, pass } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { sessionEndContract } from './session-end.contract.js';

type Contract = typeof sessionEndContract;

/**
 * Ends the logout that an application has started. Redirects to the URL that the application has asked for. Without
 * such a URL, redirects an anonymous visitor to `/`, and lets a visitor who is still logged in choose where to go next.
 */
@Injectable()
export class SessionEndStage implements Stage<Contract> {
  challenge({ config, context, session, site }: ChallengeInput<Contract>) {
    const redirect = context[POST_LOGOUT_REDIRECT];
    if (redirect !== undefined) return pass<Contract>({ context: { redirect } });
    if (!session.user) return pass<Contract>({ context: { redirect: '/' } });
    return ask<Contract>({
      brand_name: site.brand,
      ...(context.application && { application_name: context.application.name }),
      ...config,
      overview_url: `${site.base_url}/`,
    });
  }

  respond(input: ChallengeInput<Contract>) {
    return this.challenge(input);
  }
}

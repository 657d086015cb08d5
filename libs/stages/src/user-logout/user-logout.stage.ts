import { IFRAME_LOGOUT_KIND, IFRAME_SESSIONS, type Insert, iframeSessionOf, pass } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { userLogoutContract } from './user-logout.contract.js';

type Contract = typeof userLogoutContract;

const TELL_APPLICATIONS: Insert = { where: 'next', steps: [{ kind: IFRAME_LOGOUT_KIND, config: {} }] };

/**
 * Logs the user out without a challenge, and inserts the step that notifies the applications of the session. Also
 * passes for an anonymous visitor.
 */
@Injectable()
export class UserLogoutStage implements Stage<Contract> {
  challenge({ session: { applications = [] } }: ChallengeInput<Contract>) {
    const effects = [{ type: 'logout' as const }];
    if (applications.length === 0) return pass<Contract>({ effects });
    const context = { [IFRAME_SESSIONS]: applications.map(iframeSessionOf) };
    return pass<Contract>({ effects, context, insert: TELL_APPLICATIONS });
  }

  respond(input: ChallengeInput<Contract>) {
    return this.challenge(input);
  }
}

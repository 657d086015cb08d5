import { ask, IFRAME_SESSIONS, type IframeSession, pass } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { iframeLogoutContract } from './iframe-logout.contract.js';

type Contract = typeof iframeLogoutContract;

/**
 * Makes the browser open the URLs that log the visitor out of applications. The first challenge moves the URLs from the
 * context to the state, so that a later step of this kind does not open them again. Passes if there are no URLs.
 */
@Injectable()
export class IframeLogoutStage implements Stage<Contract> {
  challenge({ context, state }: ChallengeInput<Contract>) {
    const sessions = state?.sessions ?? context[IFRAME_SESSIONS] ?? [];
    if (sessions.length === 0) return pass<Contract>();
    return ask<Contract>(
      { logout_urls: sessions.map(logoutUrl) },
      { state: { sessions }, context: { [IFRAME_SESSIONS]: null } },
    );
  }

  respond() {
    return pass<Contract>();
  }
}

/** Returns an entry of the challenge. Only SAML uses the fields that are null here. */
const logoutUrl = (session: IframeSession) => ({
  ...session,
  ...{ saml_request: null, saml_response: null, saml_relay_state: null },
});

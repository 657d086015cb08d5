import { deny, type Insert, pass, type StageOutcome, withParameters } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { consentContract } from '../consent.contract.js';
import type { authorizationCodeContract } from './authorization-code.contract.js';
import { AuthorizationStore, type IssuedCode } from './authorization-store.js';

type Contract = typeof authorizationCodeContract;
type Input = ChallengeInput<Contract>;
type Outcome = StageOutcome<Contract>;

/** Inserts a consent step before this step, which runs again after the consent. */
const CONSENT_FIRST: Insert = {
  where: 'before',
  steps: [{ kind: consentContract.kind, config: { mode: 'always_require' } }],
};

/** Issues the code of an authorization request, and redirects the visitor to the client with it. */
@Injectable()
export class AuthorizationCodeStage implements Stage<Contract> {
  constructor(@Inject(AuthorizationStore) private readonly authorizations: AuthorizationStore) {}

  async challenge(input: Input): Promise<Outcome> {
    const { id, config, session, step } = input;
    const { user } = session;
    if (user?.kind !== 'saved' || user.uuid !== config.user) return deny<Contract>();
    // An earlier try of this request, with the same id, may have issued the code after a consent, but its reply was
    // lost.
    if (config.asks && !step.consented && !(await this.authorizations.hasIssued(id, config.request)))
      return (await this.authorizations.isPending(config.request))
        ? pass<Contract>({ insert: CONSENT_FIRST })
        : expired();
    const { uuid, epoch } = user;
    const { request, authentication, code } = config;
    const issued = await this.authorizations.issue(id, { id: request, user: { uuid, epoch }, authentication, code });
    if (!issued) return expired();
    const signIns = config.signs_in === undefined ? [] : [{ type: 'sign_in', client: config.signs_in } as const];
    const effects = [eventOf(input, issued), ...signIns];
    return pass<Contract>({ effects, context: { redirect: destinationOf(issued) } });
  }

  respond(input: Input): Promise<Outcome> {
    return this.challenge(input);
  }
}

const expired = () => deny<Contract>({ message: { code: 'authorization_code_over' } });

/** Returns the redirect URI with the response parameters (RFC 6749 §4.1.2, RFC 9207). */
const destinationOf = ({ code, request: { redirect_uri, state, issuer } }: IssuedCode): string =>
  withParameters(redirect_uri, { code, state, iss: issuer });

function eventOf({ context, flow }: Input, { request: { scopes, consent } }: IssuedCode) {
  const facts = { authorized_application: context.application?.slug, flow: flow.id, scopes: scopes.join(' ') };
  const client = consent && { consent_client: consent.client.id };
  return { type: 'event', action: 'authorize_application', context: { ...facts, ...client } } as const;
}

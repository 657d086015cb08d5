import { ask, pass, reject, type StageOutcome, type User } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { PublishedSourceRepository, sourceIcon, sourceLoginStep } from '@gatehouse/sources';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { buildChallenge, passwordStageOf } from './identification.challenge.js';
import type { identificationContract } from './identification.contract.js';

type Contract = typeof identificationContract;

/** Asks for an identifier and makes its owner, or a stand-in, the pending user. */
@Injectable()
export class IdentificationStage implements Stage<Contract> {
  constructor(
    @Inject(UserLookup) private readonly users: UserLookup,
    @Inject(PublishedSourceRepository) private readonly sources: PublishedSourceRepository,
  ) {}

  async challenge(input: ChallengeInput<Contract>) {
    const { config, site, query } = input;
    const offered = config.sources.length > 0 ? await this.sources.findEnabled(config.sources) : [];
    const steps = offered.map((source) => ({
      ...sourceLoginStep(source, { baseUrl: site.base_url, next: query['next'] }),
      ...{ name: source.name, icon_url: sourceIcon(source) },
    }));
    const effects = steps.flatMap((step) => step.effects);
    const buttons = steps.map(({ name, icon_url, challenge }) => ({ name, icon_url, challenge }));
    return ask<Contract>(buildChallenge(input, buttons), effects.length > 0 ? { effects } : {});
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { config, response } = input;
    const found = await this.users.find(response.uid_field, {
      fields: config.user_fields ?? [],
      caseInsensitive: config.case_insensitive_matching,
    });
    return found ? pass<Contract>({ context: userContext(input, found) }) : unknownUser(input);
  }
}

/**
 * A stand-in goes on where an embedded password is refused for known and unknown alike, or where the flow pretends;
 * it is kept with a refusal too, so that a restart with context, and policies, see who was asked for
 * (docs/spec/stages.md#identification-answer).
 */
function unknownUser(input: RespondInput<Contract>): StageOutcome<Contract> {
  const identifier = input.response.uid_field;
  const context = userContext(input, { kind: 'pretended', username: identifier, email: identifier });
  // The embedded password stage counts the failure, once for either kind of user.
  if (passwordStageOf(input)) return pass<Contract>({ context });
  // Where the flow pretends, a stranger must cost what a user costs: not even a row that is written tells them apart.
  if (input.config.pretend_user_exists) return pass<Contract>({ context });
  const effects = [{ type: 'reputation', identifier, delta: -1 } as const];
  return reject<Contract>({ non_field_errors: [{ code: 'identification_failed' }] }, { context, effects });
}

/**
 * The typed text is shown in place of the user whenever the user's own name would tell that they exist
 * (docs/spec/stages.md#identification-display).
 */
function userContext({ config, response }: RespondInput<Contract>, user: User) {
  const asTyped = config.pretend_user_exists || !config.show_matched_user;
  return { pending_user: user, ...(asTyped ? { pending_user_identifier: response.uid_field } : {}) };
}

import { ask, pass, reject, type StageOutcome, type User } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { PublishedSourceRepository, sourceIcon, sourceLoginStep } from '@gatehouse/sources';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { buildChallenge, passwordStageOf } from './identification.challenge.js';
import type { identificationContract } from './identification.contract.js';

type Contract = typeof identificationContract;

/**
 * Asks for an identifier. The user with this identifier becomes the pending user. For an unknown identifier, a pretended
 * user becomes the pending user.
 */
@Injectable()
export class IdentificationStage implements Stage<Contract> {
  constructor(
    @Inject(UserLookup) private readonly users: UserLookup,
    @Inject(PublishedSourceRepository) private readonly sources: PublishedSourceRepository,
  ) {}

  async challenge(input: ChallengeInput<Contract>) {
    const { config, site, query } = input;
    const sources = config.sources.length > 0 ? await this.sources.findEnabled(config.sources) : [];
    const logins = sources.map((source) => ({
      ...sourceLoginStep(source, { baseUrl: site.base_url, next: query['next'] }),
      ...{ name: source.name, icon_url: sourceIcon(source) },
    }));
    const effects = logins.flatMap((login) => login.effects);
    const buttons = logins.map(({ name, icon_url, challenge }) => ({ name, icon_url, challenge }));
    return ask<Contract>(buildChallenge(input, buttons), effects.length > 0 ? { effects } : {});
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { config, response } = input;
    const user = await this.users.find(response.uid_field, {
      fields: config.user_fields ?? [],
      caseInsensitive: config.case_insensitive_matching,
    });
    // A preview treats every user except its test user as unknown.
    const isKnown = user && (input.preview === undefined || input.preview.user === user.uuid);
    return isKnown ? pass<Contract>({ context: userContext(input, user) }) : unknownUser(input);
  }
}

/**
 * Returns the outcome for an unknown identifier. If an embedded password stage or `pretend_user_exists` hides that the
 * user is unknown, passes with a pretended user. Otherwise rejects, and also saves the pretended user in the context,
 * so that policies see the identifier, even after a restart that keeps the context
 * (docs/spec/stages.md#identification-answer).
 */
function unknownUser(input: RespondInput<Contract>): StageOutcome<Contract> {
  const identifier = input.response.uid_field;
  const context = userContext(input, { kind: 'pretended', username: identifier, email: identifier });
  // The embedded password stage records the failed login, as it does for known users.
  if (passwordStageOf(input)) return pass<Contract>({ context });
  // No reputation effect here: only an unknown user would cause this row to be written, and the time for the write
  // would reveal that the user is unknown.
  if (input.config.pretend_user_exists) return pass<Contract>({ context });
  const effects = [{ type: 'reputation', identifier, delta: -1 } as const];
  return reject<Contract>({ non_field_errors: [{ code: 'identification_failed' }] }, { context, effects });
}

/**
 * Returns the context changes for a user. They include the typed identifier if later steps show it instead of the
 * user's name, because the name would reveal that the user exists (docs/spec/stages.md#identification-display).
 */
function userContext({ config, response }: RespondInput<Contract>, user: User) {
  const showsIdentifier = config.pretend_user_exists || !config.show_matched_user;
  return { pending_user: user, ...(showsIdentifier ? { pending_user_identifier: response.uid_field } : {}) };
}

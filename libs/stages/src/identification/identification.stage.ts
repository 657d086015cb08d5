import {
  ask,
  type ChallengeOutcome,
  type Errors,
  NON_FIELD_ERRORS,
  pass,
  type RejectedOutcome,
  reject,
  type StageErrors,
  type StageOutcome,
  type User,
} from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { PublishedSourceRepository, sourceIcon, sourceLoginStep } from '@gatehouse/sources';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { buildChallenge, hintToTry, passwordStageOf } from './identification.challenge.js';
import type { identificationContract } from './identification.contract.js';

type Contract = typeof identificationContract;

/** The backend of a user who has logged in without a password. */
const INBUILT = 'authentik.core.auth.InbuiltBackend';

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

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const hint = hintToTry(input);
    if (hint === undefined) return this.show(input);
    const outcome = await this.identify(input, hint);
    if (outcome.type !== 'rejected') return outcome;
    const { effects = [] } = outcome;
    const shown = await this.show({ ...input, ...refused(hint) });
    return {
      ...shown,
      ...refused(hint),
      context: { pending_user_identifier: null },
      effects: [...effects, ...(shown.effects ?? [])],
    };
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { config, response } = input;
    if (config.webauthn_stage !== null && response.passkey) return identifiedByPasskey(input);
    const missing = missingIdentifier(input);
    if (missing) return this.refuse(input, missing);
    const outcome = await this.identify(input, response.uid_field!);
    return outcome.type === 'rejected' ? { ...outcome, ...refusedHint(input) } : outcome;
  }

  /** Rejects an answer with invalid fields. Afterwards, the stage no longer tries a proposed name by itself. */
  refuse(input: ChallengeInput<Contract>, errors: Errors): RejectedOutcome<Contract> {
    return reject<Contract>(errors as StageErrors<Contract>, refusedHint(input));
  }

  private async show(input: ChallengeInput<Contract>): Promise<ChallengeOutcome<Contract>> {
    const { config, site, query } = input;
    const sources = config.sources.length > 0 ? await this.sources.findEnabled(config.sources) : [];
    const logins = sources.map((source) => ({
      ...sourceLoginStep(source, { baseUrl: site.base_url, next: query['next'] }),
      ...{ name: source.name, icon_url: sourceIcon(source), promoted: source.promoted },
    }));
    const effects = logins.flatMap((login) => login.effects);
    const buttons = logins.map(({ effects: _effects, ...button }) => button);
    return ask<Contract>(buildChallenge(input, buttons), effects.length > 0 ? { effects } : {});
  }

  private async identify(input: ChallengeInput<Contract>, identifier: string): Promise<StageOutcome<Contract>> {
    const { config } = input;
    const user = await this.users.find(identifier, {
      fields: config.user_fields ?? [],
      caseInsensitive: config.case_insensitive_matching,
    });
    // A preview treats every user except its test user as unknown.
    const isKnown = user && (input.preview === undefined || input.preview.user === user.uuid);
    return isKnown
      ? pass<Contract>({ context: userContext(input, { user, identifier }) })
      : unknownUser(input, identifier);
  }
}

const refused = (hint: string) => ({ state: { refused_hint: hint } });

/** Returns the state that stops the stage from trying a proposed name by itself. Empty if there is no such name. */
function refusedHint(input: ChallengeInput<Contract>) {
  const hint = hintToTry(input);
  return hint === undefined ? {} : refused(hint);
}

/**
 * Returns the errors of an answer without an identifier. In 2024.8, the schema of the answer already requires the
 * identifier.
 */
const missingIdentifier = ({ response }: RespondInput<Contract>): Errors | undefined =>
  response.uid_field ? undefined : { [NON_FIELD_ERRORS]: [{ code: 'identification_empty' }] };

/**
 * Passes with the user whom a passkey has identified. The embedded stage has already verified the passkey. The backend
 * tells policies that the user needs no password.
 */
function identifiedByPasskey({ context }: RespondInput<Contract>): StageOutcome<Contract> {
  const { pending_user: user, verified_user: verified } = context;
  if (user?.kind !== 'saved' || user.uuid !== verified) throw new Error('no stage has verified the passkey');
  return pass<Contract>({
    context: { pending_user: { ...user, backend: INBUILT }, pending_user_identifier: null },
  });
}

/**
 * Returns the outcome for an unknown identifier. If an embedded password stage or `pretend_user_exists` hides that the
 * user is unknown, passes with a pretended user. Otherwise rejects, and also saves the pretended user in the context,
 * so that policies see the identifier, even after a restart that keeps the context
 * (docs/spec/stages.md#identification-answer).
 */
function unknownUser(input: ChallengeInput<Contract>, identifier: string): StageOutcome<Contract> {
  const user = { kind: 'pretended', username: identifier, email: identifier } as const;
  const context = userContext(input, { user, identifier });
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
function userContext(
  { config }: ChallengeInput<Contract>,
  { user, identifier }: { readonly user: User; readonly identifier: string },
) {
  const showsIdentifier = config.pretend_user_exists || !config.show_matched_user;
  return { pending_user: user, ...(showsIdentifier ? { pending_user_identifier: identifier } : {}) };
}

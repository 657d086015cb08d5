import { randomUUID } from 'node:crypto';
import {
  ask,
  type PlanContext,
  pass,
  reject,
  type StageErrors,
  type StageOutcome,
  type State,
  seconds,
  type User,
} from '@gatehouse/contracts';
import { secretsEqual } from '@gatehouse/platform';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { consentContract } from './consent.contract.js';
import { type ConsentGrant, ConsentGrantRepository, type ConsentParties } from './consent-grant.repository.js';

type Contract = typeof consentContract;
type Input = ChallengeInput<Contract>;
type Outcome = StageOutcome<Contract>;
type Permissions = NonNullable<PlanContext['consent_permissions']>;

/** The requested permissions, split into permissions that the user has granted before and additional permissions. */
interface RequestedPermissions {
  readonly permissions: Permissions;
  readonly additional: Permissions;
}

/**
 * Asks the user for consent unless an earlier grant covers the request, and saves the grant unless the config requires
 * consent every time.
 */
@Injectable()
export class ConsentStage implements Stage<Contract> {
  constructor(@Inject(ConsentGrantRepository) private readonly grants: ConsentGrantRepository) {}

  async challenge(input: Input): Promise<Outcome> {
    const parties = consentParties(input);
    const grant = parties && (await this.grants.find(parties));
    const request = requestOf(input, grant);
    if (!grant || request.additional.length > 0) return consentChallenge(input, request);
    // An earlier answer with the same id may have added the permissions, but its reply was lost. The event is then
    // repeated.
    const isOwn = input.state?.shown !== undefined && (await this.grants.hasAdded(input.id));
    return pass<Contract>(isOwn ? { effects: [await this.saveGrant(input, parties!)] } : {});
  }

  async respond(input: RespondInput<Contract>): Promise<Outcome> {
    const shown = input.state?.shown;
    if (!shown || !secretsEqual(input.response.token, shown.token))
      return this.askAgain(input, input.apiVersion === '2026.8' ? 'consent_token_wrong' : 'consent_outdated');
    const parties = consentParties(input);
    const grant = parties && (await this.grants.find(parties));
    const request = requestOf(input, grant);
    // An earlier try of this request, with the same id, may have added the permissions, but its reply was lost.
    const isRepeated = async () => grant && request.additional.length === 0 && this.grants.hasAdded(input.id);
    if (!matchesShown(request, shown) && !(await isRepeated())) return this.askAgain(input, 'consent_changed');
    const effects = parties && [await this.saveGrant(input, parties)];
    return pass<Contract>({ consented: true, ...(effects && { effects }) });
  }

  /**
   * Rejects the response and shows the challenge again. Passes if the user has granted all permissions in another
   * session since the challenge was shown. Then reports no consent, because this response consents to nothing.
   */
  private async askAgain(
    input: Input,
    code: 'consent_outdated' | 'consent_token_wrong' | 'consent_changed',
  ): Promise<Outcome> {
    const outcome = await this.challenge(input);
    return outcome.type === 'challenge' ? reject<Contract>({ token: [{ code }] } as StageErrors<Contract>) : outcome;
  }

  /** Saves the grant, unless this request has saved it before. Returns the event in either case. */
  private async saveGrant(input: Input, parties: ConsentParties) {
    const { config, context, id } = input;
    const requested = [...(context.consent_permissions ?? []), ...(context.consent_additional_permissions ?? [])];
    const permissions = [...new Set(requested.map((permission) => permission.id))];
    const lifetime_s = config.mode === 'permanent' ? null : seconds(config.consent_expire_in);
    const { pk, isNew, permissions: granted } = await this.grants.add(id, parties, { permissions, lifetime_s });
    const { slug, name } = parties.application;
    const model = { app: 'authentik_stages_consent', model_name: 'userconsent', pk, name };
    const action = isNew ? 'model_created' : 'model_updated';
    const facts = { model, application: slug, permissions: [...granted], expires_in_s: lifetime_s };
    return { type: 'event', action, context: facts } as const;
  }
}

/** Returns the user and the application of a grant, or `undefined` if the stage does not save consent. */
function consentParties({ config, context, session }: Input): ConsentParties | undefined {
  const user: User | null | undefined = context.pending_user ?? session.user;
  const { application } = context;
  if (config.mode === 'always_require' || !application || user?.kind !== 'saved') return undefined;
  const { uuid, slug, name } = application;
  return { user: user.uuid, application: { uuid, slug, name } };
}

/**
 * Splits the requested permissions: `permissions` are in the grant, `additional` are not. Without a grant, returns the
 * two lists of the plan's context unchanged (docs/spec/stages.md#consent).
 */
function requestOf({ context }: Input, grant: ConsentGrant | undefined): RequestedPermissions {
  const { consent_permissions = [], consent_additional_permissions = [] } = context;
  if (!grant) return { permissions: consent_permissions, additional: consent_additional_permissions };
  const requested = [...consent_permissions, ...consent_additional_permissions];
  const isGranted = ({ id }: Permissions[number]) => grant.permissions.includes(id);
  return {
    permissions: requested.filter(isGranted),
    additional: requested.filter((permission) => !isGranted(permission)),
  };
}

/**
 * Returns the challenge. Its token is new, so that the stage rejects a response from an outdated page. Under 2026.8 the
 * token stays the same as long as the permissions do, so that the visitor can answer in several tabs.
 */
function consentChallenge({ apiVersion, context, state }: Input, { permissions, additional }: RequestedPermissions) {
  const before = apiVersion === '2026.8' ? state?.shown : undefined;
  const token = before && matchesShown({ permissions, additional }, before) ? before.token : randomUUID();
  const { consent_header } = context;
  const shown = { token, permissions: idsOf(permissions), additional: idsOf(additional) };
  return ask<Contract>(
    {
      ...(consent_header === undefined ? {} : { header_text: consent_header }),
      permissions: [...permissions],
      additional_permissions: [...additional],
      token,
    },
    { state: { shown } },
  );
}

const idsOf = (permissions: Permissions) => permissions.map(({ id }) => id);

function matchesShown(request: RequestedPermissions, shown: NonNullable<State<Contract>['shown']>): boolean {
  const requested = [idsOf(request.permissions), idsOf(request.additional)];
  return JSON.stringify(requested) === JSON.stringify([shown.permissions, shown.additional]);
}

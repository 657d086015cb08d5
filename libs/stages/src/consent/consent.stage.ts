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
import { type ConsentGrant, type ConsentParties, Consents } from './consents.js';

type Contract = typeof consentContract;
type Input = ChallengeInput<Contract>;
type Outcome = StageOutcome<Contract>;
type Permissions = NonNullable<PlanContext['consent_permissions']>;

/** What is asked for, apart from each other: what the user has allowed before and what not. */
interface RequestedPermissions {
  readonly permissions: Permissions;
  readonly additional: Permissions;
}

/** Asks for consent where there is none yet, and keeps it where it is to be kept. */
@Injectable()
export class ConsentStage implements Stage<Contract> {
  constructor(@Inject(Consents) private readonly consents: Consents) {}

  async challenge(input: Input): Promise<Outcome> {
    const parties = consentParties(input);
    const grant = parties && (await this.consents.find(parties));
    const request = requestOf(input, grant);
    return grant && request.additional.length === 0 ? pass<Contract>() : consentChallenge(input, request);
  }

  async respond(input: RespondInput<Contract>): Promise<Outcome> {
    const shown = input.state?.shown;
    if (!shown || !secretsEqual(input.response.token, shown.token)) return this.again(input, 'consent_outdated');
    const parties = consentParties(input);
    const grant = parties && (await this.consents.find(parties));
    if (!matchesShown(requestOf(input, grant), shown)) return this.again(input, 'consent_changed');
    return parties ? this.keep(input, parties) : pass<Contract>();
  }

  /** What cannot be asked any more, because all of it was allowed meanwhile elsewhere, is no reason to stay. */
  private async again(input: Input, code: 'consent_outdated' | 'consent_changed'): Promise<Outcome> {
    const now = await this.challenge(input);
    return now.type === 'challenge' ? reject<Contract>({ token: [{ code }] } as StageErrors<Contract>) : now;
  }

  private async keep(input: Input, parties: ConsentParties): Promise<Outcome> {
    const { config, context, id } = input;
    const wanted = [...(context.consent_permissions ?? []), ...(context.consent_additional_permissions ?? [])];
    const permissions = [...new Set(wanted.map((permission) => permission.id))];
    const lifetime_s = config.mode === 'permanent' ? null : seconds(config.consent_expire_in);
    const { pk, isNew, permissions: kept } = await this.consents.add(id, parties, { permissions, lifetime_s });
    const { slug, name } = parties.application;
    const model = { app: 'authentik_stages_consent', model_name: 'userconsent', pk, name };
    const action = isNew ? 'model_created' : 'model_updated';
    const facts = { model, application: slug, permissions: [...kept], expires_in_s: lifetime_s };
    return pass<Contract>({ effects: [{ type: 'event', action, context: facts }] });
  }
}

/** Between whom consent is kept; undefined where it is asked for each time and kept by nobody. */
function consentParties({ config, context, session }: Input): ConsentParties | undefined {
  const user: User | null | undefined = context.pending_user ?? session.user;
  const { application } = context;
  if (config.mode === 'always_require' || !application || user?.kind !== 'saved') return undefined;
  const { uuid, slug, name } = application;
  return { user: user.uuid, application: { uuid, slug, name } };
}

/** What was asked for is never changed: both parts are made of it each time (docs/spec/stages.md#consent). */
function requestOf({ context }: Input, grant: ConsentGrant | undefined): RequestedPermissions {
  const { consent_permissions = [], consent_additional_permissions = [] } = context;
  if (!grant) return { permissions: consent_permissions, additional: consent_additional_permissions };
  const wanted = [...consent_permissions, ...consent_additional_permissions];
  const isGranted = ({ id }: Permissions[number]) => grant.permissions.includes(id);
  return { permissions: wanted.filter(isGranted), additional: wanted.filter((one) => !isGranted(one)) };
}

/** Each question has a token of its own, so that a page of before consents to nothing. */
function consentChallenge({ context }: Input, { permissions, additional }: RequestedPermissions) {
  const token = randomUUID();
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
  const now = [idsOf(request.permissions), idsOf(request.additional)];
  return JSON.stringify(now) === JSON.stringify([shown.permissions, shown.additional]);
}

import {
  type ClaimedCode,
  DEVICE_CODE_FINISH_KIND,
  type PlanContext,
  Problem,
  sentence,
  type Translate,
} from '@gatehouse/contracts';
import { type FlowRequest, FlowStarter, type FlowStartOptions, type Identity } from '@gatehouse/executor';
import type { OauthClient } from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientRepository } from './oauth-client.repository.js';

const CONSENT_HEADER = sentence("You're about to sign into {name}.");

/** The scopes that a device can request, with their texts for users. */
export const SUPPORTED_SCOPES: Readonly<Record<string, string>> = {
  openid: sentence('Know who you are').text,
  profile: sentence('See your name and username').text,
  email: sentence('See your e-mail address').text,
};

/** A claimed code, the user who decides about it, and the language of that user. */
export interface DeviceDecision {
  readonly claimed: ClaimedCode;
  readonly visitor: Identity;
  readonly translate: Translate;
}

/** Codes of the problems after which the user must not decide about the device code, so the device is refused. */
const REFUSALS: readonly Problem['code'][] = ['permission_denied', 'flow_not_applicable'];

/** Returns whether an error means that the user must not decide about the device code. */
export const isRefusal = (error: unknown): error is Problem =>
  error instanceof Problem && REFUSALS.includes(error.code);

/** Starts the flow in which a user decides about a claimed code (docs/spec/device-codes.md#authorization). */
@Injectable()
export class DeviceAuthorizationService {
  constructor(
    @Inject(FlowStarter) private readonly starter: FlowStarter,
    @Inject(OauthClientRepository) private readonly clients: OauthClientRepository,
    @Inject(DeviceGrantClient) private readonly grants: DeviceGrantClient,
  ) {}

  /**
   * Begins the authorization flow of the code's client, whose last step approves the code. Returns the slug of the
   * flow. Refuses the code if the flow or the application does not admit this user. Throws `permission_denied`, and the
   * problems of `FlowStarter.begin`.
   */
  async begin(request: FlowRequest, decision: DeviceDecision): Promise<string> {
    const { claimed, visitor } = decision;
    try {
      const client = await this.clientOf(claimed);
      await this.starter.start({ ...request, slug: client.flow }, startOptions(client, decision));
      return client.flow;
    } catch (error) {
      if (isRefusal(error)) await this.grants.refuse(visitor.uuid, claimed.id);
      throw error;
    }
  }

  /** Returns the OAuth client of a code. Throws `permission_denied` if the client was removed after it got the code. */
  private async clientOf({ client_id, application }: ClaimedCode): Promise<OauthClient> {
    const client = await this.clients.find(client_id);
    if (client?.application.uuid !== application) throw new Problem('permission_denied');
    return client;
  }
}

function startOptions(client: OauthClient, { claimed, visitor, translate }: DeviceDecision): FlowStartOptions {
  const steps = [{ kind: DEVICE_CODE_FINISH_KIND, config: { claimed: claimed.id } }];
  const access = { set: client.access, policies: client.policies };
  return { visitor, context: contextOf(client, claimed, translate), insert: { where: 'last', steps }, access };
}

function contextOf({ application }: OauthClient, { scopes }: ClaimedCode, translate: Translate): PlanContext {
  const { name } = application;
  const permissions = scopes.filter((id) => Object.hasOwn(SUPPORTED_SCOPES, id));
  return {
    application,
    is_sso: true,
    consent_header: translate(CONSENT_HEADER.text, { name }),
    consent_permissions: permissions.map((id) => ({ id, name: translate(SUPPORTED_SCOPES[id]!) })),
  };
}

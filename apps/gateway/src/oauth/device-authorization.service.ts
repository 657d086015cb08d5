import { type ClaimedCode, DEVICE_CODE_FINISH_KIND, Problem, sentence, type Translate } from '@gatehouse/contracts';
import {
  Executor,
  type FlowRequest,
  type FlowResult,
  FlowStarter,
  type FlowStartOptions,
  type Identity,
  type StartedFlow,
} from '@gatehouse/executor';
import type { OauthClient } from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import { inspectorQuery } from '../flows/inspector/inspection-permission.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { withQuery } from '../http/query.js';
import { authorizationStart, CONSENT_HEADER_OF_NAME, SUPPORTED_SCOPES } from './authorization-start.js';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientRepository } from './oauth-client.repository.js';

const CONSENT_HEADER = sentence(
  "You're about to sign into {name}. Continue only if your own device shows the code {code}.",
);

/** A claimed code, the user who decides about it, and the language of that user. */
export interface DeviceDecision {
  readonly claimed: ClaimedCode;
  /** The code as the device shows it, so that the user can compare. */
  readonly userCode: string | undefined;
  readonly visitor: Identity;
  readonly translate: Translate;
}

/** Problems that mean that the user may not decide about the device code. The device is then refused. */
const REFUSALS: readonly Problem['code'][] = ['permission_denied', 'flow_not_applicable'];

/** Returns whether an error means that the user must not decide about the device code. */
export const isRefusal = (error: unknown): error is Problem =>
  error instanceof Problem && REFUSALS.includes(error.code);

/** Starts the flow in which a user decides about a claimed code (docs/spec/device-codes.md#authorization). */
@Injectable()
export class DeviceAuthorizationService {
  constructor(
    @Inject(Executor) private readonly executor: Executor,
    @Inject(FlowStarter) private readonly starter: FlowStarter,
    @Inject(OauthClientRepository) private readonly clients: OauthClientRepository,
    @Inject(DeviceGrantClient) private readonly grants: DeviceGrantClient,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  /**
   * Begins the authorization flow of the code's client, whose last step approves the code. Returns the slug of the
   * flow. Refuses the code if the flow or the application does not admit this user. Throws `permission_denied`, and the
   * problems of `FlowStarter.start`.
   */
  async begin(request: FlowRequest, decision: DeviceDecision): Promise<string> {
    return (await this.start(request, decision)).slug;
  }

  /**
   * Like `begin`, for a code that the user typed in this request. Returns the result to show: a redirect to the page of
   * the flow, or a denial. If the flow has no step of its own, the typed code approves the device at once, before the
   * redirect (docs/spec/device-codes.md#finish).
   */
  async beginTyped(request: FlowRequest, decision: DeviceDecision): Promise<FlowResult> {
    const { slug, plan } = await this.start(request, decision);
    const query = inspectorQuery(decision.visitor, this.config.API_VERSION);
    const page = { type: 'done', to: withQuery(`/if/flow/${slug}/`, query), continues: true } as const;
    if (plan.steps.length > 1) return page;
    const entry = { ...request, slug, query: {}, queryNames: [], answer: undefined, consentedPlan: plan.id };
    const { result } = await this.executor.handle(entry);
    return result.type === 'denied' ? result : page;
  }

  private async start(
    request: FlowRequest,
    decision: DeviceDecision,
  ): Promise<StartedFlow & { readonly slug: string }> {
    const { claimed, visitor } = decision;
    try {
      const client = await this.clientOf(claimed);
      const { flow: slug } = client;
      return { slug, ...(await this.starter.start({ ...request, slug }, startOptions(client, decision))) };
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

function startOptions(client: OauthClient, decision: DeviceDecision): FlowStartOptions {
  const { claimed, userCode, translate, visitor } = decision;
  const { name } = client.application;
  const permissions = claimed.scopes.filter((id) => Object.hasOwn(SUPPORTED_SCOPES, id));
  return authorizationStart(client, {
    visitor,
    step: { kind: DEVICE_CODE_FINISH_KIND, config: { claimed: claimed.id } },
    // Consent services before version 1.0 do not return the user code.
    header:
      userCode === undefined
        ? translate(CONSENT_HEADER_OF_NAME.text, { name })
        : translate(CONSENT_HEADER.text, { name, code: userCode }),
    permissions: permissions.map((id) => ({ id, name: translate(SUPPORTED_SCOPES[id]!) })),
  });
}

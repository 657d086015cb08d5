import {
  type ClaimedCode,
  DEVICE_CODE_FINISH_KIND,
  type PlanContext,
  Problem,
  sentence,
  type Translate,
} from '@gatehouse/contracts';
import type { FlowRequest, FlowStarter, FlowStartOptions, Identity } from '@gatehouse/executor';
import type { OauthClient } from '@gatehouse/plan';
import type { DeviceGrants } from './device-grants.js';
import type { OauthClients } from './oauth-clients.js';

const CONSENT_HEADER = sentence("You're about to sign into {name}.");

/** What a device can ask for, and how people read it; nothing else is ever granted. */
export const SUPPORTED_SCOPES: Readonly<Record<string, string>> = {
  openid: sentence('Know who you are').text,
  profile: sentence('See your name and username').text,
  email: sentence('See your e-mail address').text,
};

interface Parts {
  readonly outset: FlowStarter;
  readonly clients: OauthClients;
  readonly grants: DeviceGrants;
}

/** Who decides about which code, and in which language they are asked. */
export interface DeviceDecision {
  readonly claimed: ClaimedCode;
  readonly visitor: Identity;
  readonly translate: Translate;
}

/** Whoever gets this must not decide, and the device need not wait for them. */
const REFUSALS: readonly Problem['code'][] = ['permission_denied', 'flow_not_applicable'];
export const isRefusal = (error: unknown): error is Problem =>
  error instanceof Problem && REFUSALS.includes(error.code);

/**
 * Makes of a code that somebody has claimed the flow in which they decide about it
 * (docs/spec/device-codes.md#authorization).
 */
export class DeviceAuthorizationService {
  constructor(private readonly parts: Parts) {}

  /**
   * Begins the authorization flow of the code's client, which ends with letting the device in, and answers its slug.
   * Throws what `Outset.begin` does, and permission_denied for somebody whom the application is not for.
   */
  async begin(request: FlowRequest, decision: DeviceDecision): Promise<string> {
    const { claimed, visitor } = decision;
    try {
      const client = await this.clientOf(claimed);
      await this.parts.outset.begin({ ...request, slug: client.flow }, startOptions(client, decision));
      return client.flow;
    } catch (error) {
      if (isRefusal(error)) await this.parts.grants.refuse(visitor.uuid, claimed.id);
      throw error;
    }
  }

  /** The client as it is now: it may have been withdrawn since it was given its code. */
  private async clientOf({ client_id, application }: ClaimedCode): Promise<OauthClient> {
    const client = await this.parts.clients.find(client_id);
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

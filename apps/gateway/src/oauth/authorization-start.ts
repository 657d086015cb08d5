import { type PlanContext, sentence } from '@gatehouse/contracts';
import type { FlowStartOptions, Identity } from '@gatehouse/executor';
import type { OauthClient } from '@gatehouse/plan';
import { keyedDigest } from '@gatehouse/platform';

/** The scopes that Gatehouse knows, with their texts for users. */
export const SUPPORTED_SCOPES: Readonly<Record<string, string>> = {
  openid: sentence('Know who you are').text,
  profile: sentence('See your name and username').text,
  email: sentence('See your e-mail address').text,
  groups: sentence('See your groups').text,
};

/** Header of a consent that names only the application. */
export const CONSENT_HEADER_OF_NAME = sentence("You're about to sign into {name}.");

/** The user who authorizes access, the step that grants it, and the texts of the consent. */
export interface AuthorizationStart {
  readonly visitor: Identity;
  /** The last step of the flow, which grants the access. */
  readonly step: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> };
  readonly header: string;
  readonly permissions: NonNullable<PlanContext['consent_permissions']>;
}

/** Returns the options with which a client's authorization flow starts for a user. */
export function authorizationStart(client: OauthClient, start: AuthorizationStart): FlowStartOptions {
  const { visitor, step, header: consent_header, permissions: consent_permissions } = start;
  const { application } = client;
  return {
    visitor,
    context: { application, is_sso: true, consent_header, consent_permissions },
    insert: { where: 'last', steps: [step] },
    access: { set: client.access, policies: client.policies },
  };
}

/** A request that a user authorizes in a session. */
interface AuthorizedRequest {
  readonly request: string;
  readonly sessionId: string;
  readonly user: string;
}

/**
 * Returns the code of a request. The code is the same for all plans of the session. If a browser opens the
 * authorization page twice at once, the client gets a valid code both times.
 */
export function authorizationCode(secretKey: string, { request, sessionId, user }: AuthorizedRequest): string {
  const key = keyedDigest(Buffer.from(secretKey), 'authorization codes');
  return keyedDigest(key, `${request} ${sessionId} ${user}`).toString('base64url');
}

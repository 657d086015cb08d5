import type { OauthClient } from '@gatehouse/plan';

/** The OAuth clients that blueprints describe. */
export abstract class OauthClients {
  /** Its secret is open. */
  abstract find(clientId: string): Promise<OauthClient | undefined>;
  abstract findOf(applicationSlug: string): Promise<OauthClient | undefined>;
}

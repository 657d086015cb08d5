import { z } from 'zod';
import { oauthClient } from './oauth-client.js';

/** A site behind forward auth with its application, as of the last time blueprints were applied. */
export const proxyApplication = z.object({
  v: z.literal(1),
  /** Name of the `proxyprovider` in the blueprint. */
  provider: z.string(),
  /** Scheme, host and port at which visitors reach the site. */
  origin: z.string(),
  application: oauthClient.shape.application,
  /** Slug of the flow in which anonymous visitors log in. Default: the authentication flow of the brand. */
  login_flow: z.string().optional(),
  /** Seconds that the cookie of the site lasts. It ends earlier with the session that it comes from. */
  session_lifetime_s: z.number(),
  access: oauthClient.shape.access,
  policies: oauthClient.shape.policies,
});
export type ProxyApplication = z.output<typeof proxyApplication>;

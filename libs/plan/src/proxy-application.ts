import { z } from 'zod';
import { oauthClient } from './oauth-client.js';

/** A site behind forward auth (docs/spec/forward-auth.md) and its application, as blueprints last defined them. */
export const proxyApplication = z.object({
  v: z.literal(1),
  /** Name of the `proxyprovider` in the blueprint. */
  provider: z.string(),
  /** Scheme, host and port under which visitors open the site. */
  origin: z.string(),
  application: oauthClient.shape.application,
  launch_url: oauthClient.shape.launch_url,
  /** Slug of the flow in which anonymous visitors log in. Default: the authentication flow of the brand. */
  login_flow: z.string().optional(),
  /** Lifetime of the site's cookie in seconds. The cookie expires earlier if the session of the login ends. */
  session_lifetime_s: z.number(),
  access: oauthClient.shape.access,
  policies: oauthClient.shape.policies,
});
export type ProxyApplication = z.output<typeof proxyApplication>;

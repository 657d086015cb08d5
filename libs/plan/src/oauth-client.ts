import { configuredPolicy } from '@gatehouse/contracts';
import { z } from 'zod';
import { policySet } from './flow-version.js';

/** Whether a client can keep a secret (RFC 6749 §2.1). */
export const CLIENT_TYPES = ['confidential', 'public'] as const;

/** An OAuth client and its application, as blueprints last defined them. */
export const oauthClient = z.object({
  v: z.literal(1),
  /** Id of the client's `oauth2provider` in the blueprint. The encryption of the client's secret is bound to it. */
  id: z.uuid(),
  client_id: z.string(),
  client_type: z.enum(CLIENT_TYPES),
  /** The client's secret, encrypted; empty for a client without a secret. */
  client_secret: z.unknown(),
  application: z.object({ uuid: z.uuid(), slug: z.string(), name: z.string() }),
  /** URL at which visitors start the application; '' for none. Absent if it is that of the provider. */
  launch_url: z.string().optional(),
  /** Slug of the authorization flow. */
  flow: z.string(),
  /**
   * Slug of the flow in which visitors log in for the application. Absent if the application uses the brand's login
   * flow.
   */
  authentication_flow: z.string().optional(),
  /** Slug of the flow in which visitors log out of the application. Absent if the application uses the brand's flow. */
  invalidation_flow: z.string().optional(),
  /** URLs to which an authorization code may be sent. They are compared character by character. */
  redirect_uris: z.array(z.string()).default([]),
  /** Further URLs to which a logout may redirect. They get no authorization code. */
  logout_uris: z.array(z.string()).default([]),
  /**
   * URL that a frame of the browser opens when a session that has signed in to the application logs out (OpenID Connect
   * Front-Channel Logout 1.0). Absent if there is none.
   */
  frontchannel_logout_uri: z.string().optional(),
  /** Types of `authorization_details` that the client may send. */
  authorization_details_types: z.array(z.string()).default([]),
  /** Lifetimes of codes and tokens in seconds. */
  code_lifetime_s: z.number(),
  token_lifetime_s: z.number(),
  /** The bindings that decide who may use the application, and the policies to which they refer, by id. */
  access: policySet,
  policies: z.record(z.string(), configuredPolicy),
});
export type OauthClient = z.output<typeof oauthClient>;

import { configuredPolicy } from '@gatehouse/contracts';
import { z } from 'zod';
import { policySet } from './flow-version.js';

/** Whether a client can keep a secret (RFC 6749 §2.1). */
export const CLIENT_TYPES = ['confidential', 'public'] as const;

/** An OAuth client with its application, as they were when blueprints were last applied. */
export const oauthClient = z.object({
  v: z.literal(1),
  /** The provider's id: what its secret is sealed for. */
  id: z.uuid(),
  client_id: z.string(),
  client_type: z.enum(CLIENT_TYPES),
  /** Sealed where it is kept; empty for none. */
  client_secret: z.unknown(),
  application: z.object({ uuid: z.uuid(), slug: z.string(), name: z.string() }),
  /** Slug of the flow in which people allow it something. */
  flow: z.string(),
  /** Seconds that codes and tokens last. */
  code_lifetime_s: z.number(),
  token_lifetime_s: z.number(),
  /** Who may use the application, and the policies that this names. */
  access: policySet,
  policies: z.record(z.string(), configuredPolicy),
});
export type OauthClient = z.output<typeof oauthClient>;

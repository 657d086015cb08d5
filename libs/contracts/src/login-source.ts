import { z } from 'zod';
import { since2026 } from './api-fields.js';
import { challengeBody } from './envelope.js';
import { redirectChallenge } from './system-challenges.js';

/** Challenge with which the page's script logs the visitor in at Plex (docs/spec/sources.md#plex). */
export const plexChallenge = z
  .object({ client_id: z.string(), slug: z.string() })
  .meta({ id: 'PlexAuthenticationChallenge', description: 'Asks the client to open a window for the login at Plex.' });

/** Challenge with which the page's script logs the visitor in at Apple (docs/spec/sources.md#apple). */
export const appleChallenge = z
  .object({ client_id: z.string(), scope: z.string(), redirect_uri: z.string(), state: z.string() })
  .meta({ id: 'AppleLoginChallenge', description: "Asks the client to log in at Apple with Apple's script." });

const challengeVariant = <const C extends string, S extends z.ZodRawShape>(component: C, challenge: z.ZodObject<S>) =>
  challenge.extend({ component: z.literal(component) });

const sourceButton = <const C extends string>(component: C, challenge: z.ZodObject) => ({
  [component]: challengeBody({ component, challenge, user_info: false }),
});

/** The challenge that the button of a source opens. Clients support only these components. */
export const loginChallenge = z
  .discriminatedUnion('component', [
    challengeVariant('xak-flow-redirect', redirectChallenge),
    challengeVariant('ak-source-plex', plexChallenge),
    challengeVariant('ak-source-oauth-apple', appleChallenge),
  ])
  .meta({
    id: 'LoginChallengeTypes',
    by_component: {
      ...sourceButton('xak-flow-redirect', redirectChallenge),
      ...sourceButton('ak-source-plex', plexChallenge),
      ...sourceButton('ak-source-oauth-apple', appleChallenge),
    },
  });

export type LoginChallenge = z.output<typeof loginChallenge>;

/** The button of a source on the login page. */
export const loginSource = z
  .object({
    name: z.string(),
    icon_url: z.string().nullable().optional(),
    challenge: loginChallenge,
    /** Whether the page shows the button before the others, and larger. */
    promoted: since2026(z.boolean().default(false)),
  })
  .meta({ id: 'LoginSource', description: 'A button that logs in with an external source.' });

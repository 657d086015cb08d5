import { z } from 'zod';

/**
 * Response to the Plex challenge: empty, because the page's script signs in at Plex itself (docs/spec/sources.md#plex).
 */
export const plexResponse = z.object({}).meta({
  id: 'PlexAuthenticationChallengeResponseRequest',
  description: 'Has no meaning: signing in at Plex goes another way.',
});

/** Response to the Apple challenge: empty, because Apple's script signs in by itself (docs/spec/sources.md#apple). */
export const appleResponse = z
  .object({})
  .meta({ id: 'AppleChallengeResponseRequest', description: 'Has no meaning: signing in at Apple goes another way.' });

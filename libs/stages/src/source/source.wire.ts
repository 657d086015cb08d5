import { z } from 'zod';

/** Nothing is asked here: Plex is signed in to by its own script (docs/spec/sources.md#plex). */
export const plexResponse = z.object({}).meta({
  id: 'PlexAuthenticationChallengeResponseRequest',
  description: 'Has no meaning: signing in at Plex goes another way.',
});

/** Nothing is asked here: Apple is signed in to by its own script (docs/spec/sources.md#apple). */
export const appleResponse = z
  .object({})
  .meta({ id: 'AppleChallengeResponseRequest', description: 'Has no meaning: signing in at Apple goes another way.' });

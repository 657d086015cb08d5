import { z } from 'zod';

/** Nothing is asked here: Plex is signed in to by its own script (02-stages §16.4). */
export const plexResponse = z.object({}).meta({
  id: 'PlexAuthenticationChallengeResponseRequest',
  description: 'Has no meaning: signing in at Plex goes another way.',
});

/** Nothing is asked here: Apple is signed in to by its own script (02-stages §16.5). */
export const appleResponse = z
  .object({})
  .meta({ id: 'AppleChallengeResponseRequest', description: 'Has no meaning: signing in at Apple goes another way.' });

import { z } from 'zod';

/**
 * Response to the Plex challenge. It is empty, because the page itself signs in at Plex (docs/spec/sources.md#plex).
 */
export const plexResponse = z.object({}).meta({
  id: 'PlexAuthenticationChallengeResponseRequest',
  description:
    'Not used, because the client completes the login at Plex through the endpoint `/sources/plex/redeem_token/`.',
});

/**
 * Response to the Apple challenge. It is empty, because Apple's script signs in by itself (docs/spec/sources.md#apple).
 */
export const appleResponse = z.object({}).meta({
  id: 'AppleChallengeResponseRequest',
  description: 'Not used, because Apple sends the result of the login to the callback of the source.',
});

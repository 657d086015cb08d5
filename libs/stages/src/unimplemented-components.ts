import { appleChallenge, plexChallenge, type WireShape } from '@gatehouse/contracts';
import { appleResponse, plexResponse } from './source/source.wire.js';

/** Components of authentik's API that no stage of the catalogue has. Remove a line when you add its stage. */
export const unimplementedComponents: readonly WireShape[] = [
  { component: 'ak-source-oauth-apple', challenge: appleChallenge, response: appleResponse, user_info: false },
  { component: 'ak-source-plex', challenge: plexChallenge, response: plexResponse, user_info: false },
];

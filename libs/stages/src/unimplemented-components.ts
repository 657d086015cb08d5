import { appleChallenge, plexChallenge, type WireShape } from '@gatehouse/contracts';
import { appleResponse, plexResponse } from './source/source.wire.js';

/** Components of the API without a stage in the catalogue. Remove a line when its stage is added. */
export const unimplementedComponents: readonly WireShape[] = [
  { component: 'ak-source-oauth-apple', challenge: appleChallenge, response: appleResponse, user_info: false },
  { component: 'ak-source-plex', challenge: plexChallenge, response: plexResponse, user_info: false },
];

import { appleChallenge, plexChallenge, type WireShape } from '@gatehouse/contracts';
import { appleResponse, plexResponse } from './source/source.wire.js';

/** Components of the API whose stages have no contract yet: a line goes when its stage comes into the catalogue. */
export const unimplementedComponents: readonly WireShape[] = [
  { component: 'ak-source-oauth-apple', challenge: appleChallenge, response: appleResponse, user_info: false },
  { component: 'ak-source-plex', challenge: plexChallenge, response: plexResponse, user_info: false },
];

import { appleChallenge, plexChallenge, type WireShape } from '@gatehouse/contracts';
import {
  deviceCodeChallenge,
  deviceCodeFinishChallenge,
  deviceCodeFinishResponse,
  deviceCodeResponse,
} from './device-code/device-code.wire.js';
import { authenticatorDuoChallenge, authenticatorDuoResponse } from './mfa/authenticator-duo.wire.js';
import { authenticatorSmsChallenge, authenticatorSmsResponse } from './mfa/authenticator-sms.wire.js';
import { authenticatorStaticChallenge, authenticatorStaticResponse } from './mfa/authenticator-static.wire.js';
import { authenticatorTotpChallenge, authenticatorTotpResponse } from './mfa/authenticator-totp.wire.js';
import { authenticatorValidateChallenge, authenticatorValidateResponse } from './mfa/authenticator-validate.wire.js';
import { authenticatorWebauthnChallenge, authenticatorWebauthnResponse } from './mfa/authenticator-webauthn.wire.js';
import { appleResponse, plexResponse } from './source/source.wire.js';

/** Components of the API whose stages have no contract yet: a line goes when its stage comes into the catalogue. */
export const componentsToCome: readonly WireShape[] = [
  {
    component: 'ak-provider-oauth2-device-code',
    challenge: deviceCodeChallenge,
    response: deviceCodeResponse,
    user_info: false,
  },
  {
    component: 'ak-provider-oauth2-device-code-finish',
    challenge: deviceCodeFinishChallenge,
    response: deviceCodeFinishResponse,
    user_info: false,
  },
  { component: 'ak-source-oauth-apple', challenge: appleChallenge, response: appleResponse, user_info: false },
  { component: 'ak-source-plex', challenge: plexChallenge, response: plexResponse, user_info: false },
  {
    component: 'ak-stage-authenticator-duo',
    challenge: authenticatorDuoChallenge,
    response: authenticatorDuoResponse,
    user_info: true,
  },
  {
    component: 'ak-stage-authenticator-sms',
    challenge: authenticatorSmsChallenge,
    response: authenticatorSmsResponse,
    user_info: true,
  },
  {
    component: 'ak-stage-authenticator-static',
    challenge: authenticatorStaticChallenge,
    response: authenticatorStaticResponse,
    user_info: true,
  },
  {
    component: 'ak-stage-authenticator-totp',
    challenge: authenticatorTotpChallenge,
    response: authenticatorTotpResponse,
    user_info: true,
  },
  {
    component: 'ak-stage-authenticator-validate',
    challenge: authenticatorValidateChallenge,
    response: authenticatorValidateResponse,
    user_info: true,
  },
  {
    component: 'ak-stage-authenticator-webauthn',
    challenge: authenticatorWebauthnChallenge,
    response: authenticatorWebauthnResponse,
    user_info: true,
  },
];

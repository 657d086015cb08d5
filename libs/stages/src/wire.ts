import { appleChallenge, plexChallenge, type WireShape } from '@gatehouse/contracts';
import { autosubmitChallenge, autosubmitResponse } from './autosubmit/autosubmit.wire.js';
import { captchaChallenge, captchaResponse } from './captcha/captcha.wire.js';
import { consentChallenge, consentResponse } from './consent/consent.wire.js';
import {
  deviceCodeChallenge,
  deviceCodeFinishChallenge,
  deviceCodeFinishResponse,
  deviceCodeResponse,
} from './device-code/device-code.wire.js';
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
  { component: 'ak-stage-autosubmit', challenge: autosubmitChallenge, response: autosubmitResponse, user_info: false },
  { component: 'ak-stage-captcha', challenge: captchaChallenge, response: captchaResponse, user_info: true },
  { component: 'ak-stage-consent', challenge: consentChallenge, response: consentResponse, user_info: true },
];

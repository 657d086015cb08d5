import { readConfig } from '@gatehouse/platform';
import { Injectable } from '@nestjs/common';
import { webauthnConfig } from './webauthn.config.js';

/** What operators set of WebAuthn. */
@Injectable()
export class WebauthnSettings {
  /** Seconds that a challenge is good for. */
  readonly challengeS: number;

  constructor() {
    this.challengeS = readConfig(webauthnConfig).WEBAUTHN_CHALLENGE_S;
  }
}

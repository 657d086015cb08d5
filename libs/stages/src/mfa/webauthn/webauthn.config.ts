import { readConfig } from '@gatehouse/platform';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

/** Settings of WebAuthn, read from the environment. */
export const webauthnConfig = z.object({
  WEBAUTHN_CHALLENGE_S: z.coerce
    .number()
    .int()
    .min(60)
    .max(3600)
    .default(600)
    .describe('Seconds for which a WebAuthn challenge is valid'),
});

/** Injectable settings of WebAuthn. */
@Injectable()
export class WebauthnSettings {
  /** Seconds for which a challenge is valid. */
  readonly challengeS: number;

  constructor() {
    this.challengeS = readConfig(webauthnConfig).WEBAUTHN_CHALLENGE_S;
  }
}

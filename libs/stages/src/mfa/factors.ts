import type { Type } from '@nestjs/common';
import { DuoFactor } from './duo/duo.factor.js';
import type { Factor } from './factor.js';
import { SmsFactor } from './sms/sms.factor.js';
import { StaticFactor } from './static/static.factor.js';
import { TotpFactor } from './totp/totp.factor.js';
import { WebauthnFactor } from './webauthn/webauthn.factor.js';

/** Every kind of device that can be asked for a proof, one line each, in the order in which they are offered. */
export const factors: readonly Type<Factor>[] = [DuoFactor, SmsFactor, StaticFactor, TotpFactor, WebauthnFactor];

import { DEVICE_CODE_KIND, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';
import { deviceCodeChallenge, deviceCodeResponse } from './device-code.wire.js';

/**
 * Contract of the device code stage, which asks for the code that another device shows. The gateway then starts the
 * authorization flow of the code's client (docs/spec/device-codes.md#entering).
 */
export const deviceCodeContract = defineStage({
  kind: DEVICE_CODE_KIND,
  component: 'ak-provider-oauth2-device-code',
  model: undefined,
  service: 'consent',
  config: z.object({}),
  challenge: deviceCodeChallenge,
  response: deviceCodeResponse,
  state: z.object({}),
  writes: ['redirect'],
  errors: { device_code_invalid: { string: 'Invalid code', code: 'invalid' } },
  effects: ['authorize'],
  acts_on_entry: () => false,
  attempts: [
    {
      ...{ when: 'code', credential: 'device_code', free: 5, hard: 100 },
      refuse: { field: 'code', code: 'device_code_invalid' },
    },
  ],
  // The link that a device shows contains the code as a query parameter.
  addressable: ['code'],
});

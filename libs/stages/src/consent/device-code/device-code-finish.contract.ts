import { DEVICE_CODE_FINISH_KIND, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';
import { deviceCodeFinishChallenge, deviceCodeFinishResponse } from './device-code.wire.js';

/**
 * Contract of the last step of a device login. It approves the device only as the direct reply to a consent or to a typed
 * code, never on a GET (docs/spec/device-codes.md#finish).
 */
export const deviceCodeFinishContract = defineStage({
  kind: DEVICE_CODE_FINISH_KIND,
  component: 'ak-provider-oauth2-device-code-finish',
  model: undefined,
  service: 'consent',
  /** Id of the claimed device code. */
  config: z.object({ claimed: z.uuid() }),
  challenge: deviceCodeFinishChallenge,
  response: deviceCodeFinishResponse,
  /** `approved` is `true` once the device is approved. */
  state: z.object({ approved: z.literal(true).optional() }),
  reads: { application: 'optional', consent_permissions: 'optional' },
  writes: ['redirect'],
  errors: {
    device_code_finish_over: { string: 'The code has expired. Please start again on your device.', code: 'invalid' },
  },
  effects: ['event'],
  inserts: ['consent'],
  consent: 'needed',
  // A GET has no side effects: the stage only asks. It approves when the step is entered after a response of the
  // visitor.
  acts_on_entry: () => false,
  grants: true,
  requires_session: true,
  writes_data: true,
});

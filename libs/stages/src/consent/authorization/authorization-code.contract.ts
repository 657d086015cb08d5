import { AUTHORIZATION_CODE_KIND, defineStage, sessionAuthentication } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the last step of an authorization flow, which issues the code to the client
 * (docs/spec/authorization-code.md#code).
 */
export const authorizationCodeContract = defineStage({
  kind: AUTHORIZATION_CODE_KIND,
  component: undefined,
  model: undefined,
  service: 'consent',
  config: z.object({
    /** Id of the pushed request. */
    request: z.uuid(),
    /** The user who started the flow. */
    user: z.uuid(),
    authentication: sessionAuthentication,
    /** Whether the client requires a consent in this run (`prompt=consent`). */
    asks: z.boolean(),
    /**
     * The code to issue. It is in the config, so that plans of the session that run this step at the same time issue
     * the same code. Gateways of version 1.0 do not send it.
     */
    code: z.string().min(43).exactOptional(),
    /** Id of the client, if a logout of the session must notify the client. Gateways before 1.0 do not send it. */
    signs_in: z.string().exactOptional(),
  }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { application: 'optional' },
  writes: ['redirect'],
  errors: {
    authorization_code_over: {
      string: 'This request has expired. Please start again in the application.',
      code: 'invalid',
    },
  },
  effects: ['event', 'sign_in'],
  inserts: ['consent'],
  consent: 'needed',
  // Entering the step is harmless even if another site has started the flow. With a remembered consent no page is
  // shown, but only the client can use the issued code.
  acts_on_entry: () => false,
  grants: true,
  requires_session: true,
  writes_data: true,
});

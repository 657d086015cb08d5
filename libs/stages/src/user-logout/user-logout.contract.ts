import { defineStage, IFRAME_LOGOUT_KIND, IFRAME_SESSIONS } from '@gatehouse/contracts';
import { z } from 'zod';

/** Contract of the user logout stage (docs/spec/stages.md#user-logout). */
export const userLogoutContract = defineStage({
  kind: 'user_logout',
  component: undefined,
  model: 'authentik_stages_user_logout.userlogoutstage',
  service: 'session',
  preview: {},
  config: z.object({}),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  writes: [IFRAME_SESSIONS],
  effects: ['logout'],
  inserts: [IFRAME_LOGOUT_KIND],
});

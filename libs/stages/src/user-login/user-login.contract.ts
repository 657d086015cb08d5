import { boolean, choice, defineStage, duration, seconds, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';

export const NETWORK_BINDINGS = ['no_binding', 'bind_asn', 'bind_asn_network', 'bind_asn_network_ip'] as const;
export const GEOIP_BINDINGS = [
  'no_binding',
  'bind_continent',
  'bind_continent_country',
  'bind_continent_country_city',
] as const;

/** Contract of the user login stage, which logs the pending user in (docs/spec/stages.md#user-login). */
export const userLoginContract = defineStage({
  kind: 'user_login',
  component: 'ak-stage-user-login',
  model: 'authentik_stages_user_login.userloginstage',
  service: 'session',
  preview: {},
  user_info: true,
  config: z.object({
    session_duration: duration('seconds=0').describe('Lifetime of the session. Zero: until the browser is closed.'),
    remember_me_offset: duration('seconds=0').describe(
      'Time that is added to the lifetime of the session if the user wants to stay logged in. Zero: the user is not asked.',
    ),
    remember_device: since2026(duration('days=30')).describe(
      'Time for which the browser counts as a known device of the user after a login. Zero: not at all.',
    ),
    terminate_other_sessions: boolean().default(false).describe('Whether the other sessions of the user end.'),
    network_binding: choice(NETWORK_BINDINGS)
      .default('no_binding')
      .describe('Kind of network change that ends the session.'),
    geoip_binding: choice(GEOIP_BINDINGS)
      .default('no_binding')
      .describe('Kind of change of the place that ends the session.'),
  }),
  challenge: z
    .object({})
    .meta({ id: 'UserLoginChallenge', description: 'Asks whether the visitor wants to stay signed in.' }),
  response: z
    .object({ remember_me: boolean() })
    .meta({ id: 'UserLoginChallengeResponseRequest', description: 'Whether the visitor wants to stay signed in.' }),
  state: z.object({}),
  reads: {
    pending_user: 'optional',
    user_backend: 'optional',
    auth_method: 'optional',
    auth_method_args: 'optional',
    source: 'optional',
    outpost: 'optional',
  },
  writes: ['auth_method_args'],
  effects: ['login', 'event', 'reputation', 'toast'],
  // If `remember_me_offset` is not zero, entering the step does not log the user in, because the stage first asks
  // whether to remember the browser.
  acts_on_entry: ({ remember_me_offset: offset }) => typeof offset !== 'string' || seconds(offset) === 0,
});

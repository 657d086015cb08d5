import {
  boolean,
  char,
  choice,
  defineStage,
  isLocalPath,
  isWebAddress,
  redirectChallenge,
  reference,
} from '@gatehouse/contracts';
import { z } from 'zod';

const NO_TARGET = "No target found for Redirect stage. The stage's target_flow may have been deleted.";

/** Contract of the redirect stage that blueprints configure (docs/spec/stages.md#configured-redirect). */
export const configuredRedirectContract = defineStage({
  kind: 'configured_redirect',
  component: 'xak-flow-redirect',
  model: 'authentik_stages_redirect.redirectstage',
  api_version: '2026.8',
  service: 'session',
  preview: {},
  acts: false,
  config: z.object({
    mode: choice(['static', 'flow']).describe('Whether the stage leads to a URL (static) or to another flow.'),
    target_static: char({ allowBlank: true })
      .refine((to) => to === '' || isLocalPath(to) || isWebAddress(to), { error: 'Enter a path or an http(s) URL.' })
      .default('')
      .describe('URL or path to which the stage leads in the mode static.'),
    target_flow: reference('flow').describe('Flow to which the stage leads in the mode flow.'),
    keep_context: boolean().default(true).describe('Whether the facts of this flow are kept in the other flow.'),
  }),
  validate: ({ mode, target_static, target_flow }) => ({
    ...(mode === 'static' && !target_static
      ? { target_static: [{ text: 'Target URL should be present when mode is Static.' }] }
      : {}),
    ...(mode === 'flow' && !target_flow
      ? { target_flow: [{ text: 'Target Flow should be present when mode is Flow.' }] }
      : {}),
  }),
  challenge: redirectChallenge,
  response: z
    .object({ to: char() })
    .meta({ id: 'RedirectChallengeResponseRequest', description: 'Continues the flow after a redirect.' }),
  state: z.object({}),
  reads: { redirect_stage_target: 'optional' },
  errors: { configured_redirect_no_target: { string: NO_TARGET, code: 'no-target' } },
  effects: ['enter_flow'],
});

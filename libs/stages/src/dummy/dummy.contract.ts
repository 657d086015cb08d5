import { boolean, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/** Contract of the dummy stage, which accepts any response (docs/spec/stages.md#dummy). */
export const dummyContract = defineStage({
  kind: 'dummy',
  component: 'ak-stage-dummy',
  model: 'authentik_stages_dummy.dummystage',
  service: 'session',
  preview: {},
  acts: false,
  config: z.object({ throw_error: boolean().default(false).describe('Whether the stage fails with an error.') }),
  challenge: z
    .object({ name: z.string() })
    .meta({ id: 'DummyChallenge', description: 'Shows a name and accepts every response.' }),
  response: z
    .object({})
    .meta({ id: 'DummyChallengeResponseRequest', description: 'Continues the flow. Has no fields.' }),
  state: z.object({}),
});

import { choice, integer, optionalNullable } from '@gatehouse/contracts';
import { z } from 'zod';

/** The requested change of the browser's users. */
export const userSwitchRequest = z
  .object({
    action: choice(['switch', 'add']).default('switch'),
    user_pk: optionalNullable(integer(), { optional: true, nullable: false }),
  })
  .meta({
    id: 'UserSwitchRequest',
    description: 'Whether to switch to another user of the browser, who is named by `pk`, or to log in one more.',
  });
export type UserSwitchRequest = z.output<typeof userSwitchRequest>;

/** The address of the flow that carries out the switch. */
export const userSwitchResponse = z
  .object({ redirect: z.string() })
  .meta({ id: 'UserSwitchResponse', description: 'The URL at which the client continues.' });

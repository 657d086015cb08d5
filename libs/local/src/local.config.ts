import { z } from 'zod';

/** Settings of `npm start` and of the commands, beyond those of the processes that they stand for. */
export const standaloneConfig = z.object({
  GATEHOUSE_DIR: z
    .string()
    .default('.gatehouse')
    .describe('Folder of the embedded database and of the secrets that were drawn at the first start'),
  BLUEPRINTS_DIR: z
    .string()
    .default('blueprints')
    .describe('Folder of the blueprints that apply themselves at the start, and that others may require'),
  GATEHOUSE_BROKER: z
    .literal('embedded', { error: ({ input }) => `"embedded" or nothing, not "${String(input)}"` })
    .optional()
    .describe('`embedded` takes the broker of this process, whatever NATS there is; for trying out only'),
  ADMIN_USERNAME: z.string().default('admin').describe('Name of the administrator who is made when there is none'),
  ADMIN_PASSWORD: z
    .string()
    .optional()
    .meta({ description: 'Password of that administrator', 'x-default': 'drawn, and printed' }),
  NATS_SERVER: z.string().optional().meta({
    description: 'Program to start when there is no `NATS_URL`',
    'x-default': 'the `nats-server` in the PATH',
  }),
});

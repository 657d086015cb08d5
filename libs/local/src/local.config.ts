import { versionsConfig } from '@gatehouse/blueprints';
import { z } from 'zod';

/** An email address that the email field of a form accepts. */
const FORM_EMAIL = /^[^\s@]+@(?:localhost|[^\s@.]+(?:\.[^\s@.]+)+)$/i;

/** Settings of `npm start` and of the commands, in addition to the settings of the services. */
export const standaloneConfig = z.object({
  GATEHOUSE_DIR: z
    .string()
    .default('.gatehouse')
    .describe('Folder of the embedded database and of the secrets that the first start generates'),
  BLUEPRINTS_DIR: z
    .string()
    .default('blueprints')
    .describe('Folder of the blueprints that the first start applies, and that other blueprints may require'),
  BLUEPRINTS_LENIENT: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether unknown keys and fields of blueprints are ignored with a warning, as by `--lenient`'),
  BLUEPRINT_FILES: z.string().min(1).optional().meta({
    description: 'Folder of the files that the tag `!File` of blueprints may read, such as secrets',
    'x-default': 'none; the tag is refused',
  }),
  GATEHOUSE_BUS: z
    .literal('in-process', { error: ({ input }) => `must be "in-process" or unset, not "${String(input)}"` })
    .optional()
    .describe('`in-process` keeps all messages within `npm start`, even if a NATS server is available'),
  ...versionsConfig.shape,
  ADMIN_USERNAME: z.string().default('admin').describe('Name of the administrator who is created when there is none'),
  ADMIN_EMAIL: z
    .string()
    .max(254)
    .regex(FORM_EMAIL, 'must be an email address at localhost or at a host name with a dot')
    .default('admin@localhost')
    .describe('Email address of that administrator. Forms accept the default, but it receives no mail from outside'),
  ADMIN_PASSWORD: z
    .string()
    .optional()
    .meta({ description: 'Password of that administrator', 'x-default': 'random, and printed' }),
  NATS_SERVER: z.string().optional().meta({
    description: 'NATS server that `npm start` starts when `NATS_URL` is not set',
    'x-default': 'the `nats-server` in the PATH; without one, messages stay within the process',
  }),
});

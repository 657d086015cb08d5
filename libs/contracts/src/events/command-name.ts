import { z } from 'zod';

/**
 * The commands of an administrator that write audit events, as they are typed after `npm run`. `start` is the first
 * `npm start`, which applies blueprints and creates an administrator. `flow guard` names the guard of a rollout, and is
 * no command.
 */
export const COMMAND_NAMES = [
  'user create',
  'user set-password',
  'user lock',
  'user unlock',
  'user add-to-group',
  'user remove-from-group',
  'user end-sessions',
  'user remove-devices',
  'user recovery-link',
  'user export',
  'user delete',
  'user create-token',
  'user revoke-token',
  'user import',
  'user import-devices',
  'user import-links',
  'user import-duo',
  'blueprint apply',
  'blueprint update',
  'flow publish',
  'flow rollback',
  'flow guard',
  'keys reseal',
  'database after-restore',
  'mail retry',
  'mail remove',
  'start',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/** The command of an actor. An unknown command, of a later version, is parsed as `undefined`. */
export const commandName = z.enum(COMMAND_NAMES).optional().catch(undefined);

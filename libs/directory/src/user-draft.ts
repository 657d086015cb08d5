import { z } from 'zod';
import { USER_TYPES } from './register.js';

const NO_CONTROLS = /^[^\p{Cc}]*$/u;
const text = (max: number) => z.string().max(max).regex(NO_CONTROLS, 'has characters that cannot be shown');

/** A user as somebody writes them down; limits are those of the columns. */
export const userDraft = z.object({
  username: text(150).min(1),
  name: text(1000).default(''),
  email: text(254)
    .refine((address) => address === '' || /^[^\s@]+@[^\s@]+$/.test(address), 'is no address')
    .default(''),
  is_active: z.boolean().default(true),
  type: z.enum(USER_TYPES).default('internal'),
  path: text(1000).default('users'),
  attributes: z.record(z.string(), z.unknown()).default({}),
});

import { findUnstorableCharacter, UNPRINTABLE } from '@gatehouse/contracts';
import { z } from 'zod';
import { USER_TYPES } from './directory-store.js';

/** Largest length of a display name. */
export const MAX_NAME_LENGTH = 1000;

/** Returns the schema of a single line of text with at most `max` characters, the length of its column. */
export const storedText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !UNPRINTABLE.test(value), 'contains unprintable characters');

/** Schema of attributes that Postgres can store. */
export const storedAttributes = z
  .record(z.string(), z.unknown())
  .default({})
  .refine((value) => findUnstorableCharacter(value) === undefined, 'contains characters that cannot be stored');

/** Schema of a user that an operator enters. Its length limits are those of the columns of the table. */
export const userInput = z.object({
  username: storedText(150).min(1),
  name: storedText(MAX_NAME_LENGTH).default(''),
  email: storedText(254)
    .refine((address) => address === '' || /^[^\s@]+@[^\s@]+$/.test(address), 'is not an email address')
    .default(''),
  is_active: z.boolean().default(true),
  type: z.enum(USER_TYPES).default('internal'),
  path: storedText(1000).default('users'),
  attributes: storedAttributes,
});

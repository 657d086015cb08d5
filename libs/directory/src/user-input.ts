import { findUnstorableCharacter, UNPRINTABLE } from '@gatehouse/contracts';
import { z } from 'zod';
import { USER_TYPES } from './directory-store.js';

/** Characters of what somebody is called. */
export const MAX_NAME_LENGTH = 1000;

/** A line of text, as a column takes it. */
export const storedText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !UNPRINTABLE.test(value), 'has characters that cannot be shown');

/** What is known beside fields, as a column takes it. */
export const storedAttributes = z
  .record(z.string(), z.unknown())
  .default({})
  .refine((value) => findUnstorableCharacter(value) === undefined, 'has characters that cannot be stored');

/** A user as somebody writes them down; limits are those of the columns. */
export const userInput = z.object({
  username: storedText(150).min(1),
  name: storedText(MAX_NAME_LENGTH).default(''),
  email: storedText(254)
    .refine((address) => address === '' || /^[^\s@]+@[^\s@]+$/.test(address), 'is no address')
    .default(''),
  is_active: z.boolean().default(true),
  type: z.enum(USER_TYPES).default('internal'),
  path: storedText(1000).default('users'),
  attributes: storedAttributes,
});

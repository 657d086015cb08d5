import { expect, it } from 'vitest';
import { z } from 'zod';
import { reference, referencesOf } from './reference.js';

const config = z.object({
  password_stage: reference('stage'),
  recovery_flow: reference('flow'),
  title: z.string().default(''),
});

it('tells the fields of a config that point to another object, and to what', () => {
  expect([...referencesOf(config)]).toEqual([
    ['password_stage', 'stage'],
    ['recovery_flow', 'flow'],
  ]);
});

it('points nowhere unless told otherwise', () => {
  expect(config.parse({ recovery_flow: 'recovery' })).toEqual({
    password_stage: null,
    recovery_flow: 'recovery',
    title: '',
  });
});

import { expect, it } from 'vitest';
import { z } from 'zod';
import { reference, references, referencesOf } from './reference.js';

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

it('finds a reference in whatever wraps it', () => {
  const wrapped = z.object({
    absent: reference('flow').optional(),
    plain: z.string().optional(),
    described: reference('stage').describe('which').nullable(),
  });
  expect([...referencesOf(wrapped)]).toEqual([
    ['absent', 'flow'],
    ['described', 'stage'],
  ]);
});

it('knows lists of references, which are empty unless told otherwise', () => {
  const several = z.object({ configuration_stages: references('stage') });
  expect([...referencesOf(several)]).toEqual([['configuration_stages', 'stage']]);
  expect(several.parse({})).toEqual({ configuration_stages: [] });
});

it('points nowhere unless told otherwise', () => {
  expect(config.parse({ recovery_flow: 'recovery' })).toEqual({
    password_stage: null,
    recovery_flow: 'recovery',
    title: '',
  });
});

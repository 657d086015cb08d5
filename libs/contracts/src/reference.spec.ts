import { expect, it } from 'vitest';
import { z } from 'zod';
import { blueprintConfig, inlinedReferences, reference, references, referencesOf } from './reference.js';

const config = z.object({
  password_stage: reference('stage'),
  recovery_flow: reference('flow'),
  title: z.string().default(''),
});

it('referencesOf lists the fields of a config that refer to other objects', () => {
  expect([...referencesOf(config)]).toEqual([
    ['password_stage', { to: 'stage' }],
    ['recovery_flow', { to: 'flow' }],
  ]);
});

it('a reference is found inside optional, nullable and described schemas', () => {
  const wrapped = z.object({
    absent: reference('flow').optional(),
    plain: z.string().optional(),
    described: reference('stage').describe('which').nullable(),
  });
  expect([...referencesOf(wrapped)]).toEqual([
    ['absent', { to: 'flow' }],
    ['described', { to: 'stage' }],
  ]);
});

it('a reference can require a model', () => {
  const strict = z.object({ inner: reference('stage', 'authentik_stages_sample.samplestage') });
  expect(referencesOf(strict).get('inner')).toEqual({ to: 'stage', model: 'authentik_stages_sample.samplestage' });
});

it('a reference is null by default', () => {
  expect(config.parse({ recovery_flow: 'recovery' })).toEqual({
    password_stage: null,
    recovery_flow: 'recovery',
    title: '',
  });
});

it('a reference can be a list of ids, or a list whose objects are inlined at compilation', () => {
  const form = z.object({
    next: references('stage'),
    lines: inlinedReferences('line', z.object({ text: z.string() })),
  });
  expect([...referencesOf(form)]).toEqual([
    ['next', { to: 'stage', many: true }],
    ['lines', { to: 'line', many: true, inlined: true }],
  ]);
  expect(form.parse({ lines: [{ text: 'One' }] })).toEqual({ next: [], lines: [{ text: 'One' }] });
  expect(blueprintConfig(form).parse({ lines: ['an id'] })).toEqual({ next: [], lines: ['an id'] });
  expect(blueprintConfig(form).safeParse({ lines: [{ text: 'One' }] }).success).toBe(false);
});

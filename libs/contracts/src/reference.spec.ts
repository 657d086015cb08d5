import { expect, it } from 'vitest';
import { z } from 'zod';
import { blueprintConfig, inlinedReferences, reference, references, referencesOf } from './reference.js';

const config = z.object({
  password_stage: reference('stage'),
  recovery_flow: reference('flow'),
  title: z.string().default(''),
});

it('lists the fields of a config that refer to other objects', () => {
  expect([...referencesOf(config)]).toEqual([
    ['password_stage', { to: 'stage' }],
    ['recovery_flow', { to: 'flow' }],
  ]);
});

it('finds a reference in wrapped schemas', () => {
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

it('can require one model', () => {
  const strict = z.object({ inner: reference('stage', 'authentik_stages_sample.samplestage') });
  expect(referencesOf(strict).get('inner')).toEqual({ to: 'stage', model: 'authentik_stages_sample.samplestage' });
});

it('is null by default', () => {
  expect(config.parse({ recovery_flow: 'recovery' })).toEqual({
    password_stage: null,
    recovery_flow: 'recovery',
    title: '',
  });
});

it('can be a list, and hold the content of its objects after compilation', () => {
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

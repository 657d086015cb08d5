import { ALICE } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';
import { inspectorQuery } from './inspection-permission.js';

const USER = { ...ALICE, is_superuser: false, debug: false };

it('only under 2026.8 superusers and users with debug are told that they may open the inspector', () => {
  const available = { inspector: 'available' };
  expect(inspectorQuery({ ...USER, is_superuser: true }, '2026.8')).toEqual(available);
  expect(inspectorQuery({ ...USER, debug: true }, '2026.8')).toEqual(available);
  for (const [user, line] of [
    [USER, '2026.8'],
    [undefined, '2026.8'],
    [{ ...USER, is_superuser: true }, '2024.8'],
  ] as const)
    expect(inspectorQuery(user, line)).toEqual({});
});

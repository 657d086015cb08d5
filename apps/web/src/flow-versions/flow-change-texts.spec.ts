import { MAX_RELEASE_REASON } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { MAX_REASON } from './flow-change-texts.js';

it('the form of a change allows a reason as long as the API does', () => {
  expect(MAX_REASON).toBe(MAX_RELEASE_REASON);
});

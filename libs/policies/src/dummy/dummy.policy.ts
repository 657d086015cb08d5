import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type Policy, type PolicyInput, type PolicyOutcome, UndecidedPolicyError } from '../policy.js';
import type { dummyContract } from './dummy.contract.js';

/** Returns the configured result after a random number of whole seconds, within the configured limits. */
@Injectable()
export class DummyPolicy implements Policy<typeof dummyContract> {
  async evaluate({ config, signal }: PolicyInput<typeof dummyContract>): Promise<PolicyOutcome> {
    const { wait_min, wait_max, result } = config;
    if (wait_min >= wait_max)
      throw new UndecidedPolicyError(`wait_min is ${wait_min}, which must be less than wait_max, ${wait_max}`);
    const seconds = wait_min + Math.floor(Math.random() * (wait_max - wait_min));
    await wait(seconds * 1000, undefined, { signal });
    return { pass: result, messages: ['dummy'] };
  }
}

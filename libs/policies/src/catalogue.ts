import type { DynamicModule } from '@nestjs/common';
import { dummyContract } from './dummy/dummy.contract.js';
import { eventMatcherContract } from './event-matcher/event-matcher.contract.js';
import { expressionContract } from './expression/expression.contract.js';
import { geoipContract } from './geoip/geoip.contract.js';
import { passwordContract } from './password/password.contract.js';
import { passwordExpiryContract } from './password-expiry/password-expiry.contract.js';
import type { PolicyEntry } from './policy.js';
import { reputationContract } from './reputation/reputation.contract.js';
import { riskContract } from './risk/risk.contract.js';
import { uniquePasswordContract } from './unique-password/unique-password.contract.js';

/** All kinds of policies. */
export const policies: Readonly<Record<string, PolicyEntry>> = {
  dummy: { contract: dummyContract, policy: async () => (await import('./dummy/dummy.policy.js')).DummyPolicy },
  event_matcher: {
    contract: eventMatcherContract,
    policy: async () => (await import('./event-matcher/event-matcher.policy.js')).EventMatcherPolicy,
  },
  expression: {
    contract: expressionContract,
    policy: async () => (await import('./expression/expression.policy.js')).ExpressionPolicy,
  },
  geoip: { contract: geoipContract, policy: async () => (await import('./geoip/geoip.policy.js')).GeoipPolicy },
  password: {
    contract: passwordContract,
    policy: async () => (await import('./password/password.policy.js')).PasswordPolicy,
  },
  password_expiry: {
    contract: passwordExpiryContract,
    policy: async () => (await import('./password-expiry/password-expiry.policy.js')).PasswordExpiryPolicy,
  },
  reputation: {
    contract: reputationContract,
    policy: async () => (await import('./reputation/reputation.policy.js')).ReputationPolicy,
  },
  risk: { contract: riskContract, policy: async () => (await import('./risk/risk.policy.js')).RiskPolicy },
  unique_password: {
    contract: uniquePasswordContract,
    policy: async () => (await import('./unique-password/unique-password.policy.js')).UniquePasswordPolicy,
  },
};

/** Returns the module that serves all kinds of policies on the bus. */
export const policiesModule = async (): Promise<DynamicModule> =>
  (await import('./policies.module.js')).policiesModule(policies);

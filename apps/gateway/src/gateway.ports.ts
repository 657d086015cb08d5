import { setTimeout } from 'node:timers/promises';
import { policyBytesOf } from '@gatehouse/contracts';
import type { Places } from '@gatehouse/platform';
import { type Logger, type NatsRequester, Sealer } from '@gatehouse/platform';
import { CatalogueContracts } from './adapters/catalogue-contracts.js';
import { NatsDeviceGrants } from './adapters/nats-device-grants.js';
import { NatsPolicies } from './adapters/nats-policies.js';
import { NatsStages } from './adapters/nats-stages.js';
import { TypeormAttempts } from './adapters/typeorm-attempts.js';
import { TypeormBoundSessions } from './adapters/typeorm-bound-sessions.js';
import { TypeormBrands } from './adapters/typeorm-brands.js';
import { TypeormConsents } from './adapters/typeorm-consents.js';
import { TypeormEvents } from './adapters/typeorm-events.js';
import { TypeormFlows } from './adapters/typeorm-flows.js';
import { TypeormGrantors } from './adapters/typeorm-grantors.js';
import { TypeormMemberships } from './adapters/typeorm-memberships.js';
import { TypeormOauthClients } from './adapters/typeorm-oauth-clients.js';
import { TypeormOwnDevices } from './adapters/typeorm-own-devices.js';
import { TypeormOwners } from './adapters/typeorm-owners.js';
import { TypeormPlans } from './adapters/typeorm-plans.js';
import { TypeormSessions } from './adapters/typeorm-sessions.js';
import { TypeormSuperuserPermits } from './adapters/typeorm-superuser-permits.js';
import { TypeormTokens } from './adapters/typeorm-tokens.js';
import { AttemptLines } from './execution/attempt-lines.js';
import { attemptsKey, Claims } from './execution/attempts.js';
import { BindingGuard } from './execution/binding-guard.js';
import { Consultation } from './execution/consultation.js';
import { Pace } from './execution/pace.js';
import { Planning } from './execution/planning.js';
import { PolicyEngine } from './execution/policy-engine.js';
import type { Contracts } from './execution/stages.js';
import { type GatewayConfig } from './gateway.config.js';
import { readsAttributes } from './http/avatar-modes.js';
import type { SitePages } from './http/site-pages.js';

/** What the gateway stands on. */
export interface Ground {
  readonly config: GatewayConfig;
  readonly source: ConstructorParameters<typeof TypeormPlans>[0];
  readonly requester: NatsRequester;
  readonly places: Places;
  readonly pages: SitePages;
  readonly logger: Logger;
}

/** What the gateway's parts reach the world through. */
export type Ports = ReturnType<typeof portsOf>;

/** The ports, on this ground. */
export function portsOf(ground: Ground) {
  const { config, source, logger } = ground;
  const attributes = readsAttributes(config.AVATARS);
  const sealer = new Sealer(config.SEAL_KEYS);
  const plans = new TypeormPlans(source, sealer, { lifetimes: lifetimesOf(config), logger, attributes });
  const contracts = new CatalogueContracts(new Set(config.TRUSTED_STAGES));
  const engine = engineOf(ground, contracts);
  return {
    ...{ plans, contracts, engine, ...judgesOf(ground, contracts) },
    flows: new TypeormFlows(source, sealer),
    brands: new TypeormBrands(source, config.BRAND),
    planning: new Planning(engine),
    permits: new TypeormSuperuserPermits(source),
    events: new TypeormEvents(source, sealer),
    bindings: bindingsOf(ground, sealer),
    sessions: new TypeormSessions(source, attributes),
    ...{ consents: new TypeormConsents(source, sealer), devices: new TypeormOwnDevices(source, sealer) },
    ...{ tokens: new TypeormTokens(source, attributes), owners: new TypeormOwners(source) },
    ...devicePortsOf(ground, sealer),
  };
}

/** What stages are asked through, and what guesses are counted by. */
function judgesOf({ config, source, requester, logger }: Ground, contracts: Contracts) {
  const attempts = new TypeormAttempts(source, config.ATTEMPTS_DELAY_S);
  const lines = new AttemptLines(config.ATTEMPTS_LINE);
  const claims = claimsOf(config);
  const stages = new NatsStages(requester);
  const pace = new Pace({ now: () => performance.now(), wait: setTimeout });
  const report = (kind: string, violations: readonly string[]) =>
    logger.fault('a stage oversteps its contract', undefined, { kind, violations });
  const consultation = new Consultation({ stages, contracts, attempts, claims, lines, pace, report });
  return { attempts, claims, lines, consultation };
}

const devicePortsOf = ({ source, requester }: Ground, sealer: Sealer) => ({
  oauthClients: new TypeormOauthClients(source, sealer),
  grants: new NatsDeviceGrants(requester),
  grantors: new TypeormGrantors(source),
});

const lifetimesOf = ({
  ANONYMOUS_SESSION_S: anonymousSessionS,
  SESSION_S: sessionS,
  PLAN_S: planS,
  SOURCE_LOGIN_S: sourceLoginS,
  AUTHENTICATOR_PROOF_S: proofS,
}: GatewayConfig) => ({
  ...{ anonymousSessionS, sessionS, planS, proofS, sourceLoginS },
});

const engineOf = ({ config, source, requester, logger }: Ground, contracts: Contracts) =>
  new PolicyEngine({
    policies: new NatsPolicies(requester, policyBytesOf(config)),
    memberships: new TypeormMemberships(source),
    contracts,
    timeoutMs: config.POLICY_TIMEOUT_MS,
    report: (undecided) => logger.fault('a policy could not decide', undefined, { ...undecided }),
  });

const bindingsOf = ({ source, places, logger }: Ground, sealer: Sealer) =>
  new BindingGuard({
    sessions: new TypeormBoundSessions(source, sealer),
    places,
    report: (error) => logger.fault('where a session is used could not be noted', error),
  });

const claimsOf = (config: GatewayConfig) =>
  new Claims(attemptsKey(config.SECRET_KEY), {
    free: config.NETWORK_ATTEMPTS_FREE,
    forgetAfterS: config.NETWORK_ATTEMPTS_FORGET_S,
  });

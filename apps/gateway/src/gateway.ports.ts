import { setTimeout } from 'node:timers/promises';
import { policyMessageLimits } from '@gatehouse/contracts';
import type { StageContractRegistry } from '@gatehouse/executor';
import {
  attemptHmacKey,
  ClaimedUserGuard,
  CredentialGuard,
  CredentialQueue,
  Planner,
  PolicyEngine,
  ReservationFactory,
  ResponseTiming,
  SessionBindingChecker,
  StageInvoker,
} from '@gatehouse/executor';
import {
  PostgresAttemptStore,
  PostgresEventRecorder,
  PostgresFlowStore,
  PostgresGroupMembershipStore,
  PostgresPlanStore,
  PostgresSessionBindingStore,
  PostgresSuperuserPermits,
  PostgresUserDirectory,
} from '@gatehouse/executor-postgres';
import type { GeoLocator } from '@gatehouse/platform';
import { type Logger, type Requester, Sealer } from '@gatehouse/platform';
import { BrandRepository } from './brands/brand.repository.js';
import { TypeormConsents } from './consents/consent.repository.js';
import { TypeormOwnDevices } from './devices/user-device.repository.js';
import { NatsPolicyClient } from './flows/nats-policy.client.js';
import { NatsStageClient } from './flows/nats-stage.client.js';
import { CatalogueContractRegistry } from './flows/stage-contract.registry.js';
import { type GatewayConfig } from './gateway.config.js';
import { TypeormTokens } from './http/auth/api-token.repository.js';
import type { PageRenderer } from './http/pages/page-renderer.js';
import { NatsDeviceGrants } from './oauth/device-grant.client.js';
import { TypeormOauthClients } from './oauth/oauth-client.repository.js';
import { TypeormSessions } from './sessions/session.repository.js';
import { readsAttributes } from './users/avatars/avatar-modes.js';
import { TypeormGrantors } from './users/typeorm-grantors.js';
import { TypeormOwners } from './users/typeorm-owners.js';

/** What the gateway stands on. */
export interface GatewayDeps {
  readonly config: GatewayConfig;
  readonly source: ConstructorParameters<typeof PostgresPlanStore>[0];
  readonly requester: Requester;
  readonly places: GeoLocator;
  readonly pages: PageRenderer;
  readonly logger: Logger;
}

/** What the gateway's parts reach the world through. */
export type Ports = ReturnType<typeof portsOf>;

/** The ports, on this ground. */
export function portsOf(ground: GatewayDeps) {
  const { config, source, logger } = ground;
  const attributes = readsAttributes(config.AVATARS);
  const sealer = new Sealer(config.SEAL_KEYS);
  const plans = new PostgresPlanStore(source, sealer, { lifetimes: lifetimesOf(config), logger, attributes });
  const contracts = new CatalogueContractRegistry(new Set(config.TRUSTED_STAGES));
  const engine = engineOf(ground, contracts);
  return {
    ...{ plans, contracts, engine, ...judgesOf(ground, contracts) },
    flows: new PostgresFlowStore(source, sealer),
    brands: new BrandRepository(source, config.BRAND),
    planning: new Planner(engine),
    credentials: new CredentialGuard(contracts),
    claimedUsers: new ClaimedUserGuard(contracts, new PostgresUserDirectory(source)),
    permits: new PostgresSuperuserPermits(source),
    events: new PostgresEventRecorder(source, sealer),
    bindings: bindingsOf(ground, sealer),
    sessions: new TypeormSessions(source, attributes),
    ...{ consents: new TypeormConsents(source, sealer), devices: new TypeormOwnDevices(source, sealer) },
    ...{ tokens: new TypeormTokens(source, attributes), owners: new TypeormOwners(source) },
    ...devicePortsOf(ground, sealer),
  };
}

/** What stages are asked through, and what guesses are counted by. */
function judgesOf({ config, source, requester, logger }: GatewayDeps, contracts: StageContractRegistry) {
  const attempts = new PostgresAttemptStore(source, config.ATTEMPTS_DELAY_S);
  const lines = new CredentialQueue(config.ATTEMPTS_LINE);
  const claims = claimsOf(config);
  const stages = new NatsStageClient(requester);
  const pace = new ResponseTiming({ now: () => performance.now(), wait: setTimeout });
  const report = (kind: string, violations: readonly string[]) =>
    logger.fault('a stage oversteps its contract', undefined, { kind, violations });
  const consultation = new StageInvoker({ stages, contracts, attempts, claims, lines, pace, report });
  return { attempts, claims, lines, consultation };
}

const devicePortsOf = ({ source, requester }: GatewayDeps, sealer: Sealer) => ({
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
  CREDENTIAL_PROOF_S: credentialProofS,
}: GatewayConfig) => ({
  ...{ anonymousSessionS, sessionS, planS, proofS, credentialProofS, sourceLoginS },
});

const engineOf = ({ config, source, requester, logger }: GatewayDeps, contracts: StageContractRegistry) =>
  new PolicyEngine({
    policies: new NatsPolicyClient(requester, policyMessageLimits(config)),
    memberships: new PostgresGroupMembershipStore(source),
    users: new PostgresUserDirectory(source),
    contracts,
    timeoutMs: config.POLICY_TIMEOUT_MS,
    report: (undecided) => logger.fault('a policy could not decide', undefined, { ...undecided }),
  });

const bindingsOf = ({ source, places, logger }: GatewayDeps, sealer: Sealer) =>
  new SessionBindingChecker({
    sessions: new PostgresSessionBindingStore(source, sealer),
    places,
    report: (error) => logger.fault('where a session is used could not be noted', error),
  });

const claimsOf = (config: GatewayConfig) =>
  new ReservationFactory(attemptHmacKey(config.SECRET_KEY), {
    free: config.NETWORK_ATTEMPTS_FREE,
    forgetAfterS: config.NETWORK_ATTEMPTS_FORGET_S,
  });

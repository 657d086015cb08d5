import type { PolicyContract } from '@gatehouse/contracts';
import { directoryModule } from '@gatehouse/directory';
import { Interpreter } from '@gatehouse/expressions';
import { ConcurrencyLimiter, GeoLocator, Logger, MaxmindGeoLocator, readConfig } from '@gatehouse/platform';
import { natsModule } from '@gatehouse/stage-kit';
import type { DynamicModule, Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { BreachList } from './breach-list.js';
import { Evaluator } from './evaluator.js';
import { AuthenticatorRepository } from './expression/authenticator.repository.js';
import { ExpressionDataSources } from './expression/expression-callbacks.js';
import type { ExpressionLimits } from './expression/expression-events.js';
import { ExpressionInputs } from './expression/expression-inputs.js';
import { AllowedHosts } from './expression/http/allowed-hosts.js';
import { PolicyHttpClient } from './expression/http/policy-http-client.js';
import { PythonRunner } from './expression/python-runner.js';
import { LoginPlaceRepository } from './login-places.repository.js';
import { POLICY_LIMITER, POLICY_REPLY_BYTES, PolicyController } from './nats-policies.controller.js';
import { BreachedPasswordLookup } from './password/breached-password-lookup.js';
import { policyConfig } from './policy.config.js';
import type { Policy, PolicyEntry } from './policy.js';
import { ReputationRepository } from './reputation.repository.js';
import { Breaches } from './risk/breaches.js';
import { RiskHistory } from './risk/risk-history.js';
import { NatsPasswordHistoryClient, PasswordHistoryClient } from './unique-password/password-history.client.js';

type Settings = z.output<typeof policyConfig>;

const REPOSITORY_PROVIDERS: Provider[] = [
  RiskHistory,
  { provide: PasswordHistoryClient, useClass: NatsPasswordHistoryClient },
  {
    provide: AuthenticatorRepository,
    useFactory: (source: DataSource) => new AuthenticatorRepository(source),
    inject: [DataSource],
  },
  {
    provide: LoginPlaceRepository,
    useFactory: (source: DataSource) => new LoginPlaceRepository(source),
    inject: [DataSource],
  },
  {
    provide: ReputationRepository,
    useFactory: (source: DataSource) => new ReputationRepository(source),
    inject: [DataSource],
  },
];

/** Returns the Nest module that serves these kinds of policies on the bus, with their dependencies. */
export async function policiesModule(policies: Readonly<Record<string, PolicyEntry>>): Promise<DynamicModule> {
  class PoliciesModule {}
  const config = readConfig(policyConfig);
  // Python is started before the policies are imported, so that both happen at the same time.
  const python = startPython(config);
  python.catch(() => undefined);
  const contracts = Object.values(policies).map(({ contract }) => contract);
  const types = await Promise.all(Object.values(policies).map(({ policy }) => policy()));
  return {
    module: PoliciesModule,
    imports: [directoryModule(), natsModule('policy')],
    providers: [
      ...types,
      { provide: POLICY_LIMITER, useValue: requestLimiter(config) },
      { provide: POLICY_REPLY_BYTES, useValue: config.POLICY_REPLY_BYTES },
      { provide: GeoLocator, useFactory: () => MaxmindGeoLocator.fromSettings(config) },
      ExpressionInputs,
      { provide: PythonRunner, useFactory: () => python },
      ExpressionDataSources,
      { provide: PolicyHttpClient, useValue: policyHttpClient(config) },
      { provide: BreachedPasswordLookup, useValue: new BreachedPasswordLookup(config.PWNED_PASSWORDS_URL) },
      ...[...REPOSITORY_PROVIDERS, breachesProvider(config)],
      {
        provide: Evaluator,
        useFactory: (...implementations: Policy[]) => createEvaluator(contracts, implementations),
        inject: types,
      },
    ],
    controllers: [PolicyController],
  };
}

/** Returns the provider of the list of breached passwords. Nest refuses to start if its file cannot be read. */
const breachesProvider = ({ BREACH_LIST: path }: Settings): Provider => ({
  provide: Breaches,
  useFactory: async () => new Breaches(path === undefined ? undefined : await BreachList.open(path)),
});

const requestLimiter = ({ POLICY_CONCURRENCY, POLICY_QUEUE }: Settings) =>
  new ConcurrencyLimiter(POLICY_CONCURRENCY, POLICY_QUEUE, 'policy');

/** Resolves when the first Python process is ready. */
async function startPython(config: Settings): Promise<PythonRunner> {
  const { POLICY_PYTHON: size, POLICY_PYTHON_SPARES: spares, POLICY_PYTHON_MB: memoryMb, POLICY_QUEUE: queue } = config;
  const logger = new Logger();
  const onFault = (error: unknown) => logger.event('python_not_started', { error });
  const interpreter = await Interpreter.start({ memoryMb, size, spares, onStartError: onFault });
  return new PythonRunner(interpreter, new ConcurrencyLimiter(size, queue, 'expression'), expressionLimits(config));
}

const expressionLimits = (config: Settings): ExpressionLimits => ({
  callDepth: config.POLICY_CALL_DEPTH,
  events: config.POLICY_EVENTS,
  eventBytes: config.POLICY_EVENT_BYTES,
});

const policyHttpClient = (config: Settings) =>
  new PolicyHttpClient(new AllowedHosts(config.POLICY_ALLOWED_HOSTS), {
    timeoutMs: config.POLICY_HTTP_TIMEOUT_MS,
    maxBytes: config.POLICY_HTTP_BYTES,
    requests: config.POLICY_HTTP_REQUESTS,
  });

function createEvaluator(contracts: readonly PolicyContract[], implementations: readonly Policy[]): Evaluator {
  const logger = new Logger();
  const kinds = contracts.map(
    (contract, i) => [contract.kind, { contract, policy: implementations[i] as Policy }] as const,
  );
  return new Evaluator(new Map(kinds), (failure) => logger.event('policy_failed', failure));
}

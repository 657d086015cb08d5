import type { PolicyContract } from '@gatehouse/contracts';
import { directoryModule } from '@gatehouse/directory';
import { Interpreter } from '@gatehouse/expressions';
import { Bounded, Logger, MaxmindPlaces, Places, readConfig } from '@gatehouse/platform';
import type { DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { Evaluator } from './evaluator.js';
import { Authenticators } from './expression/authenticators.js';
import { Sources } from './expression/expression-answers.js';
import { Givens } from './expression/givens.js';
import type { ExpressionLimits } from './expression/happenings.js';
import { AllowedHosts } from './expression/outside/allowed-hosts.js';
import { Outside } from './expression/outside/outside.js';
import { Python } from './expression/python.js';
import { TypeormAuthenticators } from './expression/typeorm-authenticators.js';
import { NatsPoliciesController, POLICY_BOUNDS, POLICY_REPLY_BYTES } from './nats-policies.controller.js';
import { Breaches } from './password/breaches.js';
import { RangeBreaches } from './password/range-breaches.js';
import { policyConfig } from './policy.config.js';
import type { Policy, PolicyEntry } from './policy.js';
import { Reputations } from './reputation/reputations.js';
import { TypeormReputations } from './reputation/typeorm-reputations.js';

type Settings = z.output<typeof policyConfig>;

/** What is asked of the rows of other services. */
const ROWS = [
  {
    provide: Authenticators,
    useFactory: (source: DataSource) => new TypeormAuthenticators(source),
    inject: [DataSource],
  },
  { provide: Reputations, useFactory: (source: DataSource) => new TypeormReputations(source), inject: [DataSource] },
];

/** Every kind of policy on the bus, with the directory, the scores and the places that they ask. */
export async function policiesModule(policies: Readonly<Record<string, PolicyEntry>>): Promise<DynamicModule> {
  class PoliciesModule {}
  const config = readConfig(policyConfig);
  // Started before anything is imported: it takes as long, and on another core.
  const python = pythonOf(config);
  python.catch(() => undefined);
  const contracts = Object.values(policies).map(({ contract }) => contract);
  const types = await Promise.all(Object.values(policies).map(({ policy }) => policy()));
  return {
    module: PoliciesModule,
    imports: [directoryModule()],
    providers: [
      ...types,
      { provide: POLICY_BOUNDS, useValue: new Bounded(config.POLICY_CONCURRENCY, config.POLICY_QUEUE) },
      { provide: POLICY_REPLY_BYTES, useValue: config.POLICY_REPLY_BYTES },
      { provide: Places, useFactory: () => MaxmindPlaces.ofSettings(config) },
      Givens,
      { provide: Python, useFactory: () => python },
      Sources,
      { provide: Outside, useValue: outsideOf(config) },
      { provide: Breaches, useValue: new RangeBreaches(config.PWNED_PASSWORDS_URL) },
      ...ROWS,
      { provide: Evaluator, useFactory: (...all: Policy[]) => evaluatorOf(contracts, all), inject: types },
    ],
    controllers: [NatsPoliciesController],
  };
}

/** Ready when Python is: a service that is not has nothing to say. */
async function pythonOf(config: Settings): Promise<Python> {
  const { POLICY_PYTHON: size, POLICY_PYTHON_MB: memoryMb, POLICY_QUEUE: queue } = config;
  const logger = new Logger('policy');
  const onFault = (error: unknown) => logger.fault('Python did not start', error);
  const interpreter = await Interpreter.start({ memoryMb, size, onFault });
  return new Python(interpreter, new Bounded(size, queue), limitsOf(config));
}

const limitsOf = (config: Settings): ExpressionLimits => ({
  callDepth: config.POLICY_CALL_DEPTH,
  events: config.POLICY_EVENTS,
  eventBytes: config.POLICY_EVENT_BYTES,
});

const outsideOf = (config: Settings) =>
  new Outside(new AllowedHosts(config.POLICY_ALLOWED_HOSTS), {
    timeoutMs: config.POLICY_HTTP_TIMEOUT_MS,
    maxBytes: config.POLICY_HTTP_BYTES,
    requests: config.POLICY_HTTP_REQUESTS,
  });

function evaluatorOf(contracts: readonly PolicyContract[], evaluated: readonly Policy[]): Evaluator {
  const logger = new Logger('policy');
  const kinds = contracts.map((contract, i) => [contract.kind, { contract, policy: evaluated[i] as Policy }] as const);
  return new Evaluator(new Map(kinds), (message, error, facts) => logger.fault(message, error, facts));
}

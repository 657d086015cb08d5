import type { PolicyContract } from '@gatehouse/contracts';
import { directoryModule } from '@gatehouse/directory';
import { Interpreter } from '@gatehouse/expressions';
import { Bounded, Logger, MaxmindPlaces, Places, readConfig } from '@gatehouse/platform';
import type { DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { Evaluator } from './evaluator.js';
import { Givens } from './expression/givens.js';
import { Python } from './expression/python.js';
import { NatsPoliciesController, POLICY_BOUNDS } from './nats-policies.controller.js';
import { Breaches } from './password/breaches.js';
import { RangeBreaches } from './password/range-breaches.js';
import { policyConfig } from './policy.config.js';
import type { Policy, PolicyEntry } from './policy.js';
import { Reputations } from './reputation/reputations.js';
import { TypeormReputations } from './reputation/typeorm-reputations.js';

type Settings = z.output<typeof policyConfig>;

/** Every kind of policy on the bus, with the directory, the scores and the places that they ask. */
export async function policiesModule(policies: Readonly<Record<string, PolicyEntry>>): Promise<DynamicModule> {
  class PoliciesModule {}
  const config = readConfig(policyConfig);
  const contracts = Object.values(policies).map(({ contract }) => contract);
  const types = await Promise.all(Object.values(policies).map(({ policy }) => policy()));
  return {
    module: PoliciesModule,
    imports: [directoryModule()],
    providers: [
      ...types,
      { provide: POLICY_BOUNDS, useValue: new Bounded(config.POLICY_CONCURRENCY, config.POLICY_QUEUE) },
      { provide: Places, useFactory: () => MaxmindPlaces.ofSettings(config) },
      Givens,
      { provide: Python, useFactory: () => pythonOf(config) },
      { provide: Breaches, useValue: new RangeBreaches(config.PWNED_PASSWORDS_URL) },
      {
        provide: Reputations,
        useFactory: (source: DataSource) => new TypeormReputations(source),
        inject: [DataSource],
      },
      { provide: Evaluator, useFactory: (...all: Policy[]) => evaluatorOf(contracts, all), inject: types },
    ],
    controllers: [NatsPoliciesController],
  };
}

/** Ready when Python is: a service that is not has nothing to say. */
async function pythonOf({ POLICY_PYTHON: size, POLICY_PYTHON_MB: memoryMb, POLICY_QUEUE }: Settings): Promise<Python> {
  const logger = new Logger('policy');
  const onFault = (error: unknown) => logger.fault('Python did not start', error);
  return new Python(await Interpreter.start({ memoryMb, size, onFault }), new Bounded(size, POLICY_QUEUE));
}

function evaluatorOf(contracts: readonly PolicyContract[], evaluated: readonly Policy[]): Evaluator {
  const logger = new Logger('policy');
  const kinds = contracts.map((contract, i) => [contract.kind, { contract, policy: evaluated[i] as Policy }] as const);
  return new Evaluator(new Map(kinds), (message, error, facts) => logger.fault(message, error, facts));
}

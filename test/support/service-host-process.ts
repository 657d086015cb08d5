/** Runs gateways and services of the built product at the request of the parent process, each with its own settings. */
import { courierConfig, startCourier } from '@gatehouse/courier';
import { flowChangesModule } from '@gatehouse/flow-changes';
import { gatewayConfig, startGateway } from '@gatehouse/gateway';
import { Logger, NatsBus, natsConfig, readConfig } from '@gatehouse/platform';
import { policiesModule } from '@gatehouse/policies';
import { providersModule } from '@gatehouse/providers';
import { serveStages } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';
import type { HostedPart } from './service-host.js';

type Stop = () => Promise<unknown>;
type Services = readonly string[];
type NestModules = Parameters<typeof serveStages>[0]['modules'];

interface HostRequest {
  readonly id: number;
  /** The part to start. */
  readonly start?: HostedPart;
  /** The id of the request that started the part to stop. */
  readonly stop?: number;
}

/** Functions that start each kind of part. Each returns a function that stops the part. */
const STARTERS: Readonly<Record<HostedPart['part'], (services: Services) => Promise<Stop>>> = {
  gateway: startHostedGateway,
  stages: startStages,
  policy: async () => serve('policy', [await policiesModule()]),
  blueprints: async () => serve('blueprints', [flowChangesModule()]),
  courier: startHostedCourier,
};
const ownEnvironment = { ...process.env };
const running = new Map<number, Stop>();
let lastRequest: Promise<unknown> = Promise.resolve();

// One request at a time, because a part reads its settings from the environment of the process while it starts.
process.on('message', (request: HostRequest) => {
  lastRequest = lastRequest.then(() => reply(request));
});
process.on('disconnect', () => process.exit(0));
process.stdout.write('the service host is ready\n');

async function reply({ id, start, stop }: HostRequest) {
  try {
    if (start) running.set(id, await startPart(start));
    else if (stop !== undefined) {
      await running.get(stop)?.();
      running.delete(stop);
    }
    process.send?.({ id });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

async function startPart({ part, services = [], env }: HostedPart): Promise<Stop> {
  useEnvironment({ ...ownEnvironment, ...env });
  try {
    return await STARTERS[part](services);
  } finally {
    useEnvironment(ownEnvironment);
  }
}

function useEnvironment(env: NodeJS.ProcessEnv) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

async function startHostedGateway(): Promise<Stop> {
  const gateway = await startGateway(readConfig(gatewayConfig));
  return () => gateway.close();
}

async function startStages(services: Services): Promise<Stop> {
  const modules = (await Promise.all(services.map(stagesOf))).flat();
  if (services.includes('identification')) modules.push(providersModule());
  return serve('stages', modules);
}

async function serve(name: string, modules: NestModules): Promise<Stop> {
  const bus = new NatsBus(readConfig(natsConfig));
  const { service } = await serveStages({ name, modules, bus, logger: new Logger() });
  return () => service.close();
}

async function startHostedCourier(): Promise<Stop> {
  const courier = await startCourier(readConfig(courierConfig));
  return () => courier.close();
}

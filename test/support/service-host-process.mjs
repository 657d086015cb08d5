/** Runs gateways and services of the built product at the request of the parent process, each with its own settings. */
const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { Logger, NatsBus, natsConfig, readConfig } = await built('libs/platform/src/index.js');
const { serveStages } = await built('libs/stage-kit/src/index.js');

/** Functions that start each kind of part. Each returns a function that stops the part. */
const STARTERS = { gateway: startGateway, stages: startStages, policy: startPolicies, courier: startCourier };
const ownEnvironment = { ...process.env };
const running = new Map();
let lastRequest = Promise.resolve();

// One request at a time, because a part reads its settings from the environment of the process while it starts.
process.on('message', (request) => {
  lastRequest = lastRequest.then(() => reply(request));
});
process.on('disconnect', () => process.exit(0));
process.stdout.write('the service host is ready\n');

async function reply({ id, start, stop }) {
  try {
    if (start) running.set(id, await startPart(start));
    else {
      await running.get(stop)?.();
      running.delete(stop);
    }
    process.send({ id });
  } catch (error) {
    process.send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

async function startPart({ part, services, env }) {
  useEnvironment({ ...ownEnvironment, ...env });
  try {
    return await STARTERS[part](services);
  } finally {
    useEnvironment(ownEnvironment);
  }
}

function useEnvironment(env) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

async function startGateway() {
  const gateway = await built('apps/gateway/src/index.js');
  const started = await gateway.startGateway(readConfig(gateway.gatewayConfig));
  return () => started.close();
}

async function startStages(services) {
  const { stagesOf } = await built('libs/stages/src/catalogue.js');
  const modules = (await Promise.all(services.map(stagesOf))).flat();
  if (services.includes('identification')) {
    const { providersModule } = await built('libs/providers/src/index.js');
    modules.push(providersModule());
  }
  return serve('stages', modules);
}

async function startPolicies() {
  const { policiesModule } = await built('libs/policies/src/index.js');
  return serve('policy', [await policiesModule()]);
}

async function serve(name, modules) {
  const { service } = await serveStages({
    name,
    modules,
    bus: new NatsBus(readConfig(natsConfig)),
    logger: new Logger(name),
  });
  return () => service.close();
}

async function startCourier() {
  const courier = await built('libs/courier/src/index.js');
  const started = await courier.startCourier(readConfig(courier.courierConfig));
  return () => started.close();
}

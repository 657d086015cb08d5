/** A gateway and the stages of the services that HOUSE_SERVICES names, in one process, as `npm start` has them. */
// What was built is not there yet when imports are checked.
const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { gatewayConfig, startGateway } = await built('apps/gateway/src/index.js');
const { Logger, NatsBus, readConfig } = await built('libs/platform/src/index.js');
const { providersModule } = await built('libs/providers/src/index.js');
const { serveStages } = await built('libs/stage-kit/src/index.js');
const { stagesOf } = await built('libs/stages/src/catalogue.js');

const config = readConfig(gatewayConfig);
const names = process.env.HOUSE_SERVICES.split(' ');
const stages = await Promise.all(names.map(stagesOf));
const modules = [...stages.flat(), ...(names.includes('identification') ? [providersModule()] : [])];
const logger = new Logger('house', config.LOG_LEVEL);
const bus = new NatsBus(config);
const { service } = await serveStages({ name: 'house', modules, bus, logger });
const gateway = await startGateway(config, bus);
async function leave() {
  await gateway.close();
  await service.close();
  process.exit(0);
}
process.once('SIGTERM', () => void leave());
process.stdout.write('the house is open\n');

import { courierConfig, startCourier } from '@gatehouse/courier';
import { flowChangesModule } from '@gatehouse/flow-changes';
import { gatewayConfig, startGateway } from '@gatehouse/gateway';
import {
  applyBlueprintFolder,
  baseUrlOf,
  blueprintsFolder,
  ensureAdmin,
  type LocalState,
  migrateAll,
  type NewAdmin,
  sealKeys,
} from '@gatehouse/local';
import { Logger, type Readiness, readConfig, startTracing, waitForPostgres } from '@gatehouse/platform';
import { policiesModule } from '@gatehouse/policies';
import { providersModule } from '@gatehouse/providers';
import { serveStages } from '@gatehouse/stage-kit';
import { stages } from '@gatehouse/stages';
import { openBus } from './local-bus.js';
import { QUIET } from './log-level.js';
import type { StartedParts } from './started-parts.js';

interface Options {
  readonly env: NodeJS.ProcessEnv;
  readonly state: LocalState;
  readonly postgresUrl: string;
  /** Gets every part that is started. */
  readonly parts: StartedParts;
  readonly readiness: Readiness;
  readonly print: (line: string) => void;
}

/**
 * Migrates the database and applies the blueprints, then starts the bus, all services and the gateway. Returns the URL of
 * the gateway.
 */
export async function startServices({ env, state, postgresUrl, parts, readiness, print }: Options): Promise<string> {
  await waitForPostgres(postgresUrl, readiness);
  await prepareDatabase(postgresUrl, { env, keys: env['SEAL_KEYS'] || sealKeys(state.sealKey), print });
  const { bus } = await parts.start(() => openBus({ state, readiness, env, print }));
  const settings = { ...defaultSettings(state, env), ...env, DATABASE_URL: postgresUrl };
  // Stages read their settings from `process.env`, as they do in a service process.
  Object.assign(process.env, settings);
  const config = readConfig(gatewayConfig, settings);
  const logger = new Logger(config.LOG_LEVEL);
  const stopTracing = await startTracing(config, 'standalone', logger);
  parts.add({ stop: stopTracing });
  const courier = await startCourier(readConfig(courierConfig, settings), readiness, bus);
  parts.add({ stop: () => courier.close() });
  const modules = [...(await stageModules()), providersModule(), flowChangesModule()];
  const { service } = await serveStages({ name: 'standalone', modules, bus, logger, readiness });
  parts.add({ stop: () => service.close() });
  const gateway = await startGateway(config, readiness, bus);
  parts.add({ stop: () => gateway.close() });
  return gateway.url;
}

interface Preparation {
  readonly env: NodeJS.ProcessEnv;
  /** The keys of `SEAL_KEYS`. */
  readonly keys: string;
  readonly print: (line: string) => void;
}

async function prepareDatabase(url: string, { env, keys, print }: Preparation): Promise<void> {
  await migrateAll(url);
  const result = await applyBlueprintFolder(url, blueprintsFolder(env), keys);
  if ('notice' in result && result.notice !== undefined) print(result.notice);
  await ensureAdmin({ url, sealKeys: keys, env, announce: (admin) => print(announcementOf(admin)) });
}

const announcementOf = ({ username, randomPassword }: NewAdmin) =>
  `Administrator: ${username}, ${randomPassword ? `password: ${randomPassword}` : 'with the password of ADMIN_PASSWORD'}`;

const stageModules = () => Promise.all([policiesModule(), ...Object.values(stages).map(({ module }) => module())]);

/** Allows all public hosts, and the loopback addresses of this machine. */
const ALSO_LOOPBACK = '*,127.0.0.1,localhost';

/** Returns the default values of settings for an installation without configuration. */
function defaultSettings(state: LocalState, env: NodeJS.ProcessEnv) {
  return {
    SEAL_KEYS: sealKeys(state.sealKey),
    MFA_SEAL_KEYS: sealKeys(state.mfaSealKey),
    JWT_SIGNING_KEYS: sealKeys(state.signingKey),
    SECRET_KEY: state.secretKey,
    BASE_URL: baseUrlOf(env),
    // The operator may test a provider of captchas, logins or text messages, or a receiver of webhooks, on this
    // machine.
    CAPTCHA_HOSTS: ALSO_LOOPBACK,
    SOURCE_HOSTS: ALSO_LOOPBACK,
    SMS_HOSTS: ALSO_LOOPBACK,
    WEBHOOK_HOSTS: ALSO_LOOPBACK,
    LOG_LEVEL: QUIET,
    // Stops at once: there is no load balancer that would need time to send requests to another gateway.
    SHUTDOWN_DELAY_S: '0',
  };
}

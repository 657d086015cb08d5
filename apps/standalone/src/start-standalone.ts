import { BlueprintError } from '@gatehouse/blueprints';
import { courierConfig, startCourier } from '@gatehouse/courier';
import { flowChangesModule } from '@gatehouse/flow-changes';
import { gatewayConfig, startGateway } from '@gatehouse/gateway';
import {
  applyBlueprintFolder,
  baseUrlOf,
  blueprintsFolder,
  CommandError,
  ensureAdmin,
  type LocalState,
  migrateAll,
  type NewAdmin,
  openLocalState,
  openPostgres,
  sealKeys,
  standaloneConfig,
} from '@gatehouse/local';
import {
  commonConfig,
  Logger,
  readConfig,
  resolveEnvironment,
  StartError,
  serveMonitoring,
  startReadiness,
  startTracing,
  waitForPostgres,
} from '@gatehouse/platform';
import { policiesModule } from '@gatehouse/policies';
import { providersModule } from '@gatehouse/providers';
import { serveStages } from '@gatehouse/stage-kit';
import { stages } from '@gatehouse/stages';
import { checkPortIsFree } from './free-port-check.js';
import { openBus } from './local-bus.js';
import { StartedParts } from './started-parts.js';

export interface Standalone {
  /**
   * Resolves with the URL of the gateway. Rejects after a failed start, when all parts are stopped again. Never settles
   * if `stop` was called before.
   */
  readonly ready: Promise<string>;
  /** Stops everything that was started so far, in reverse order. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the gateway and all services in one process. Starts Postgres if DATABASE_URL is not set and a bus if NATS_URL is
 * not set, migrates the database and applies the blueprints. Stops everything again if one of these steps fails. Prints
 * what the operator has to know, such as the password of a new administrator.
 */
export function startStandalone(env: NodeJS.ProcessEnv, print: (line: string) => void): Standalone {
  const parts = new StartedParts();
  const ready = start(env, parts, print).catch(async (error: unknown) => {
    // `stop` was called, so the error only says that a part was already stopped.
    if (parts.stopped) return new Promise<never>(() => undefined);
    await parts.stop();
    const isMistake = error instanceof CommandError || error instanceof BlueprintError;
    throw isMistake ? new StartError(error.message, { cause: error }) : error;
  });
  return { ready, stop: () => parts.stop() };
}

async function start(given: NodeJS.ProcessEnv, parts: StartedParts, print: (line: string) => void): Promise<string> {
  const env = resolveEnvironment(given);
  // Refuses a wrong setting before it starts a server.
  const common = readConfig(commonConfig.extend(standaloneConfig.shape), env);
  await checkPortIsFree(env);
  const readiness = startReadiness('standalone', { LOG_LEVEL: QUIET, ...env });
  let isReady = false;
  readiness.require('start', () => isReady);
  const monitoring = await serveMonitoring(common, readiness, 'standalone');
  parts.add({ stop: async () => monitoring?.close() });
  const state = await openLocalState(env);
  const postgres = await parts.start(() => openPostgres(env, { state, takesOver: true }));
  await waitForPostgres(postgres.url, readiness);
  await prepareDatabase(postgres.url, { env, keys: env['SEAL_KEYS'] || sealKeys(state.sealKey), print });
  const { bus } = await parts.start(() => openBus({ state, readiness, env, print }));
  const settings = { ...defaultSettings(state, env), ...env, DATABASE_URL: postgres.url };
  // Stages read their settings from `process.env`, as they do in a service process.
  Object.assign(process.env, settings);
  const config = readConfig(gatewayConfig, settings);
  const logger = new Logger(config.LOG_LEVEL);
  const stopTracing = await startTracing(config, 'standalone', logger);
  parts.add({ stop: stopTracing });
  const modules = [...(await stageModules()), providersModule(), flowChangesModule()];
  const { service } = await serveStages({ name: 'standalone', modules, bus, logger, readiness });
  parts.add({ stop: () => service.close() });
  const courier = await startCourier(readConfig(courierConfig, settings), readiness, bus);
  parts.add({ stop: () => courier.close() });
  const gateway = await startGateway(config, readiness, bus);
  parts.add({ stop: () => gateway.close() });
  isReady = true;
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

/** Level of the log of an installation without configuration, whose user reads the terminal. */
const QUIET = 'warn';

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

import { courierConfig, startCourier } from '@gatehouse/courier';
import { gatewayConfig, startGateway } from '@gatehouse/gateway';
import {
  applyBlueprintFolder,
  blueprintsFolder,
  type CreatedAdmin,
  ensureAdmin,
  type LocalState,
  migrateAll,
  openLocalState,
  openPostgres,
  sealKeys,
} from '@gatehouse/local';
import { Logger, readConfig } from '@gatehouse/platform';
import { policiesModule } from '@gatehouse/policies';
import { providersModule } from '@gatehouse/providers';
import { serveStages } from '@gatehouse/stage-kit';
import { stages } from '@gatehouse/stages';
import { openBus } from './local-bus.js';
import { StartedParts } from './started-parts.js';

interface Ready {
  readonly url: string;
  /** The administrator that this start has created, because there was none. */
  readonly admin: CreatedAdmin | undefined;
}

export interface Standalone {
  /** Rejects when the start has failed and everything was stopped again. Never settles if `stop` was called before. */
  readonly ready: Promise<Ready>;
  /** Stops everything that was started so far, in reverse order. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the gateway and all services in one process. Starts Postgres and NATS if their URLs are not set, migrates the
 * database and applies the blueprints. Stops everything again if one of these steps fails.
 */
export function startStandalone(env: NodeJS.ProcessEnv): Standalone {
  const parts = new StartedParts();
  const ready = start(env, parts).catch(async (error: unknown) => {
    // `stop` was called, so the error only says that a part was already stopped.
    if (parts.stopped) return new Promise<never>(() => undefined);
    await parts.stop();
    throw error;
  });
  return { ready, stop: () => parts.stop() };
}

async function start(env: NodeJS.ProcessEnv, parts: StartedParts): Promise<Ready> {
  const state = await openLocalState(env);
  const postgres = await parts.start(() => openPostgres(env, async () => state));
  await migrateAll(postgres.url);
  const keys = env['SEAL_KEYS'] || sealKeys(state.sealKey);
  await applyBlueprintFolder(postgres.url, blueprintsFolder(env), keys);
  const admin = await ensureAdmin(postgres.url, keys, env);
  const { bus } = await parts.start(() => openBus(state, env));
  const settings = { ...defaultSettings(state, env), ...env, DATABASE_URL: postgres.url };
  // Stages read their settings from the environment, as in a service process.
  Object.assign(process.env, settings);
  const config = readConfig(gatewayConfig, settings);
  const logger = new Logger('gatehouse', config.LOG_LEVEL);
  const modules = [...(await stageModules()), providersModule()];
  const { service } = await serveStages({ name: 'standalone', modules, bus, logger });
  parts.add({ stop: () => service.close() });
  const courier = await startCourier({ ...readConfig(courierConfig, settings), METRICS_PORT: undefined }, bus);
  parts.add({ stop: () => courier.close() });
  const gateway = await startGateway(config, bus);
  parts.add({ stop: () => gateway.close() });
  return { url: gateway.url, admin };
}

const stageModules = () => Promise.all([policiesModule(), ...Object.values(stages).map(({ module }) => module())]);

/** Allows all public hosts, and the loopback addresses of this machine. */
const ALSO_LOOPBACK = '*,127.0.0.1,localhost';

/** Returns the default values of settings for an installation without configuration. */
function defaultSettings(state: LocalState, { HOST, PORT, BASE_URL }: NodeJS.ProcessEnv) {
  return {
    SEAL_KEYS: sealKeys(state.sealKey),
    MFA_SEAL_KEYS: sealKeys(state.mfaSealKey),
    SECRET_KEY: state.secretKey,
    BASE_URL: BASE_URL || `http://${HOST || '127.0.0.1'}:${PORT || '9000'}`,
    // A provider of captchas, logins or text messages that is being tried out may run on this machine.
    CAPTCHA_HOSTS: ALSO_LOOPBACK,
    SOURCE_HOSTS: ALSO_LOOPBACK,
    SMS_HOSTS: ALSO_LOOPBACK,
    LOG_LEVEL: 'warn',
  };
}
